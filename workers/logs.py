"""Logs that tell what happened and where, and never what a person wrote.

Conversation addresses and ids may appear; text, phone numbers and transcripts may not. The message of an
exception can quote any of these, so that only its type and the lines of code it passed are written.
"""

import logging
import sys
import traceback
from types import TracebackType

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

# These log addresses that carry tokens, or every single request.
_CHATTY = ("httpx", "httpx2", "httpcore", "telegram", "openai", "anthropic", "kombu", "celery.worker.strategy", "amqp")


class Discreet(logging.Formatter):
    """Formats a record with the type and path of an exception, without its words."""

    def formatException(self, ei: _Raised) -> str:
        kind, _, trace = ei
        frames = traceback.extract_tb(trace)
        lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        return "\n".join([*lines, f"  {kind.__name__ if kind else 'no exception'}"])


def set_up(level: int = logging.INFO) -> None:
    """Write this process's log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Discreet("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)

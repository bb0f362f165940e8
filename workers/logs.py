"""Logs that tell what happened and where, and never what a person wrote.

Conversation addresses and ids may appear; text, phone numbers and transcripts may not. The message of an
exception can quote any of these, so that only its type and the lines of code it passed are written.
"""

import logging
import re
import sys
import traceback
from types import TracebackType

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

# These log addresses that carry tokens, or every single request.
_NOISY_LOGGERS = (
    "httpx",
    "httpx2",
    "httpcore",
    "telegram",
    "openai",
    "anthropic",
    "kombu",
    "celery.worker.strategy",
    "amqp",
)


_PHONE_NUMBER = re.compile(r"\+\d{4,13}(?=\d\d)")


class RedactingFormatter(logging.Formatter):
    """Formats a record with the type and path of an exception, without its words; of a phone number two digits are left."""

    def format(self, record: logging.LogRecord) -> str:
        return _PHONE_NUMBER.sub("+…", super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Celery puts an exception's words into its message, asyncio puts them and a task's arguments below the first line."""
        if record.name == "asyncio":
            record.message = record.message.partition("\n")[0]
        elif record.exc_info and (error := record.exc_info[1]):
            for secret in (repr(error), str(error)):
                record.message = record.message.replace(secret, type(error).__name__) if secret else record.message
        return super().formatMessage(record)

    def formatException(self, ei: _ExcInfo) -> str:
        kind, _, trace = ei
        frames = traceback.extract_tb(trace)
        lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        return "\n".join([*lines, f"  {kind.__name__ if kind else 'no exception'}"])


def set_up(level: int = logging.INFO) -> None:
    """Write this process's log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)

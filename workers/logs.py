"""Logging without personal data.

Conversation addresses and ids may appear; message text, phone numbers and transcripts may not. An exception's message
can quote any of these, so only its type and stack frames are logged.
"""

import logging
import re
import sys
import traceback
from types import TracebackType

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

# These log URLs with tokens, or every request.
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


# All but the last two digits of an E.164 number.
_PHONE_NUMBER = re.compile(r"\+\d{4,13}(?=\d\d)")


class RedactingFormatter(logging.Formatter):
    """Format exceptions as type and stack frames without their message, and phone numbers as their last two digits."""

    def format(self, record: logging.LogRecord) -> str:
        return _PHONE_NUMBER.sub("+…", super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Remove exception text that Celery puts into its message and asyncio puts after the first line."""
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
    """Log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)

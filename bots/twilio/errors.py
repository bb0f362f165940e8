"""What Twilio's errors mean to the house: each is mapped here and nowhere else.

The numbers are those of twilio.com/docs/api/errors.
"""

from twilio.base.exceptions import TwilioException, TwilioRestException

from core.errors import Failure, Refused, Throttled, Unreachable

OPTED_OUT = 21610
LOST = {
    "30003": "the phone is off or out of reach",
    "30004": "the number blocks messages",
    "30005": "the number is not known",
    "30006": "a landline, or no carrier for texts",
    "30007": "taken for spam by the carrier",
    "30008": "the carrier did not say why",
}
"""Why a message that went out did not arrive."""
_GONE = frozenset({OPTED_OUT, 21211, 21214, 21217, 21408, 21612, 21614, 30003, 30004, 30005, 30006})
_OURS = frozenset({20003, 20005, 20008, 21212, 21603, 21606, 21659, 21660, 21701, 21703, 21705})
_CROWDED = frozenset({14107, 20429, 21611, 30001})
_WAIT = 5.0


class OptedOut(Refused):
    """The person has answered STOP."""

    def __init__(self) -> None:
        super().__init__("the person has ended the messages", gone=True)


class TwilioFlood(TwilioException):
    """Answer 429, of which the SDK forgets how long to wait."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"too many requests: wait {retry_after:g} s")
        self.retry_after = retry_after


def failure(error: TwilioException) -> Failure:
    """The house's word for an error of the SDK. What is wrong with our own account or number may be put right, and is tried again."""
    if isinstance(error, TwilioFlood):
        return Throttled(str(error), retry_after=error.retry_after, everybody=True)
    if not isinstance(error, TwilioRestException):
        return Unreachable(type(error).__name__)
    code = error.code or 0
    words = f"{code}: {error.msg}" if code else error.msg
    if code == OPTED_OUT:
        return OptedOut()
    if code in _CROWDED:
        return Throttled(words, retry_after=_WAIT, everybody=True)
    if code in _OURS or error.status in (401, 403) or error.status >= 500:
        return Unreachable(words)
    return Refused(words, gone=code in _GONE)


def wait(header: str | None) -> float:
    """The seconds a `Retry-After` asks for, or a few where it does not say."""
    try:
        return max(float(header or _WAIT), 0.1)
    except ValueError:
        return _WAIT

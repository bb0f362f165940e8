"""Everything that can go wrong, with the two answers it owes: may we retry, and what is the person told."""

from typing import ClassVar


class Failure(Exception):
    """An expected failure.

    `retryable` says whether the same call may succeed later. `told` is the key in `core.phrases`
    of what the person reads, or empty when nobody needs to hear of it.
    """

    retryable: ClassVar[bool] = False
    told: ClassVar[str] = ""


class Malformed(Failure):
    """The input is not what it has to be; the message says where."""

    told = "failure.malformed"


class Forbidden(Failure):
    """The one who asks may not."""

    told = "failure.forbidden"


class Refused(Failure):
    """The other side will never take this as it is: blocked, too long, not supported.

    `gone` is true when the person cannot be reached at all any more (blocked, deleted), so that
    no simpler form of the reply can help either.
    """

    told = "failure.refused"

    def __init__(self, message: str, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


class Superseded(Failure):
    """Someone else holds the conversation now; what was made is thrown away."""


class Unreachable(Failure):
    """The other side did not answer, or answered that it is broken for the moment."""

    retryable = True
    told = "failure.unreachable"


class Throttled(Unreachable):
    """The other side asks to wait `retry_after` seconds; `everybody` says that this is not about one destination alone."""

    told = "failure.throttled"

    def __init__(self, message: str, *, retry_after: float, everybody: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.everybody = everybody


class ToolFault(Failure):
    """A tool could not do its work. `again` tells the model whether another try with other arguments may help."""

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again

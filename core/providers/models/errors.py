"""What a model server's refusals and silences mean to us."""

from core.errors import Failure, Malformed, Refused, Throttled, Unreachable

_PATIENCE = 10.0

_THROTTLED = {"rate_limit_error", "overloaded_error", "rate_limit_exceeded", "requests", "tokens"}
_REFUSED = {
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "insufficient_quota",
    "invalid_api_key",
    "model_not_found",
}
_MALFORMED = {"invalid_request_error", "request_too_large", "context_length_exceeded"}


def from_status(status: int, kinds: tuple[str, ...], retry_after: str, message: str) -> Failure:
    """The failure for an HTTP status, or for an error event when the status is 200.

    `kinds` are the server's own names of the error, the most telling first; `retry_after` its header in seconds,
    or empty, which counts as ten.
    """
    if any(kind in _REFUSED for kind in kinds) or status in (401, 402, 403, 404):
        return Refused(message)
    if any(kind in _THROTTLED for kind in kinds) or status in (429, 529):
        return Throttled(message, retry_after=_seconds(retry_after))
    if status >= 500 or status in (408, 409):
        return Unreachable(message)
    if any(kind in _MALFORMED for kind in kinds) or 400 <= status < 500:
        return Malformed(message)
    return Unreachable(message)


def _seconds(header: str) -> float:
    try:
        return max(0.0, float(header))
    except ValueError:
        return _PATIENCE

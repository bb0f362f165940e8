"""Maps errors of Slack's Web API to `core.errors`; no other module does."""

from core.errors import Failure, Refused, Throttled, Unreachable

_DEFAULT_RETRY_AFTER = 5.0


class BlocksRejected(Refused):
    """Slack does not accept the blocks; it may accept the text alone."""


class SlackUneditable(Refused):
    """The message does not exist or can no longer be edited."""


class NotStreaming(Refused):
    """The stream has ended, as Slack's streams do after about five minutes; its message can still be updated."""


class StoppedByUser(NotStreaming):
    """The person pressed the stop button; the stream accepts nothing more."""


class SlackTokenRejected(Unreachable):
    """Slack does not accept the token."""


_GONE_ERRORS = frozenset(
    (
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "user_not_found",
        "user_disabled",
        "user_is_bot",
        "cannot_dm_bot",
        "messages_tab_disabled",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "team_access_not_granted",
        "account_inactive",
        "token_revoked",
        "thread_not_found",
        "user_not_in_channel",
    )
)
_KINDS: dict[str, type[Refused]] = {
    "invalid_blocks": BlocksRejected,
    "invalid_blocks_format": BlocksRejected,
    "only_one_table_allowed": BlocksRejected,
    "msg_blocks_too_long": BlocksRejected,
    "message_not_found": SlackUneditable,
    "cant_update_message": SlackUneditable,
    "edit_window_closed": SlackUneditable,
    "cant_delete_message": SlackUneditable,
    "streaming_state_conflict": SlackUneditable,
    "message_not_in_streaming_state": NotStreaming,
    "message_not_owned_by_app": NotStreaming,
    "stopped_by_user": StoppedByUser,
}
_TOKEN_ERRORS = frozenset(("invalid_auth", "not_authed", "token_expired"))
_TEMPORARY_ERRORS = frozenset(
    ("internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "timeout")
)
_RATE_LIMIT_ERRORS = frozenset(("ratelimited", "rate_limited", "message_limit_exceeded"))


def failure(error: str, status: int, retry_after: str) -> Failure:
    """Map a response's `error`, HTTP status and `Retry-After` header."""
    if status == 429 or error in _RATE_LIMIT_ERRORS:
        return Throttled(f"Slack: {error or 'too many requests'}", retry_after=_seconds(retry_after))
    if error in _TOKEN_ERRORS:
        return SlackTokenRejected(f"Slack does not accept the token: {error}")
    if status >= 500 or not error or error in _TEMPORARY_ERRORS:
        return Unreachable(f"Slack: {error or status}")
    return _KINDS.get(error, Refused)(f"Slack: {error}", gone=error in _GONE_ERRORS)


def _seconds(retry_after: str) -> float:
    try:
        return min(max(float(retry_after), 0.1), 3600.0)
    except ValueError:
        return _DEFAULT_RETRY_AFTER

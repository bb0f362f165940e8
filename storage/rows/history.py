"""Read the recent messages of a conversation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.conversation import HistoryStart, Message


def history_sql(conversation: str, limit: str) -> str:
    """A subquery for the messages since the conversation's `history_start`, oldest first, as a JSON array of arrays.

    `conversation` is the alias of a row with `address` and `state`, `limit` the parameter with the number of messages.
    The messages that `history_start` skips are selected on top of the limit, because they are skipped by position:
    their numbers are unknown when the turn that starts afresh is committed.
    """
    return f"""
        SELECT jsonb_agg(jsonb_build_array(m.role, m.speaker, m.text, m.at, m.platform_id, m.seq) ORDER BY m.seq) FROM (
            SELECT * FROM messages WHERE address = {conversation}.address
                AND seq > coalesce(({conversation}.state #>> '{{is,history_start,line}}')::bigint, 0)
            ORDER BY seq DESC
            LIMIT :{limit} + coalesce(({conversation}.state #>> '{{is,history_start,skipped}}')::int, 0)
        ) m
    """  # noqa: S608 - both arguments are constants of the callers


def read_history(rows: Sequence[Any], start: HistoryStart | None) -> tuple[Message, ...]:
    """Messages from the rows of `history_sql`, without those that `start` skips."""
    return tuple(_message(*row) for row in rows[start.skipped if start else 0 :])


def _message(role: Any, speaker: str, text: str, at: str, platform_id: str, _: int) -> Message:
    return Message(role=role, speaker=speaker, text=text, at=datetime.fromisoformat(at), platform_id=platform_id)

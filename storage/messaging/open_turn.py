"""Claim turns: lease conversations that have waiting events, and read what their turns start from."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from core import wire
from core.address import Address
from core.clock import Clock
from core.conversation import ClaimedTurn, Conversation
from core.errors import Malformed
from core.event import Event
from core.phrases import DEFAULT
from core.principal import Audience, Principal
from storage.engine.database import Database
from storage.rows.history import history_sql, read_history
from storage.rows.learner import LEARNER_COLUMNS, read_learner

HISTORY_LIMIT = 40
MAX_OVERHEARD = 100
"""Overheard events (messages in a group that are not addressed to Sona) that a turn takes; older ones are skipped."""

# synchronous_commit is off for this transaction: a crash of the database may lose a lease, but it also ends the
# connection of the lease's holder, and the events are claimed again. So the commit does not wait for the disk. The
# commit of a finished turn does, and flushes everything before it.
#
# SKIP LOCKED: a conversation that another worker is claiming or closing at this moment is left to that worker, because
# waiting for it would delay every other conversation of the batch. Rows are locked in the order of their addresses, as
# in every other statement that locks several conversations, so that two of them cannot deadlock.
#
# Only addressed events start a turn; it then also takes the overheard ones that are newer than `skip_until`, the
# newest overheard event beyond the limit.
_CLAIM = text(
    f"""
    WITH free AS (
        SELECT c.address, given.token
        FROM (SELECT set_config('synchronous_commit', 'off', true)) AS settings,
             unnest(CAST(:addresses AS text[]), CAST(:tokens AS text[])) AS given (address, token)
        JOIN conversations c ON c.address = given.address
        WHERE (c.lease_until IS NULL OR c.lease_until <= :now)
          AND EXISTS (SELECT FROM events e WHERE e.address = c.address AND e.handled_at IS NULL AND e.addressed)
        ORDER BY c.address
        FOR UPDATE OF c SKIP LOCKED
    ), leased AS (
        UPDATE conversations c SET lease_token = free.token, lease_until = :until, attempts = c.attempts + 1
        FROM free WHERE c.address = free.address
        RETURNING c.address, c.learner_id, c.state, c.version, c.attempts, c.lease_token
    )
    SELECT leased.*, {LEARNER_COLUMNS}, skipped.seq AS skip_until,
        EXISTS (SELECT FROM outbound o WHERE o.address = leased.address AND o.state = 'waiting') AS replies_pending,
        (SELECT jsonb_agg(e.payload ORDER BY e.seq) FROM events e
         WHERE e.address = leased.address AND e.handled_at IS NULL
           AND (e.addressed OR e.seq > coalesce(skipped.seq, 0))) AS events,
        ({history_sql("leased", "history")}) AS history
    FROM leased JOIN learners l ON l.id = leased.learner_id
    LEFT JOIN LATERAL (
        SELECT seq FROM events WHERE address = leased.address AND handled_at IS NULL AND NOT addressed
        ORDER BY seq DESC OFFSET :overheard LIMIT 1
    ) skipped ON true
    """  # noqa: S608 - constants only
)

_SKIP_OVERHEARD = text(
    """
    UPDATE events SET handled_at = :now
    WHERE address = :address AND handled_at IS NULL AND NOT addressed AND seq <= :skip_until
    """
)

_SET_LOCALE = text("UPDATE learners SET locale = :locale WHERE id = :learner AND locale = ''")


async def claim(database: Database, clock: Clock, addresses: Collection[str], lease: timedelta) -> Sequence[Row[Any]]:
    """Lease the conversations that have waiting events and no lease, and return a row for each of them."""
    now = clock.now()
    parameters = {
        "addresses": list(addresses),
        "tokens": [clock.id() for _ in addresses],
        "now": now,
        "until": now + lease,
        "history": HISTORY_LIMIT,
        "overheard": MAX_OVERHEARD,
    }
    return await database.run(_CLAIM, parameters)


async def skip_overheard(database: Database, row: Row[Any], now: datetime) -> None:
    """Mark the overheard events that the turn does not take as handled."""
    if row.skip_until is not None:
        await database.run(_SKIP_OVERHEARD, {"address": row.address, "skip_until": row.skip_until, "now": now})


async def set_locale(database: Database, row: Row[Any], claimed: ClaimedTurn | Malformed) -> None:
    """Store the learner's language with the first event that reports one, as Discord's messages do not."""
    if not row.locale and isinstance(claimed, ClaimedTurn) and (locale := _locale(claimed.events)):
        await database.run(_SET_LOCALE, {"learner": row.learner_id, "locale": locale})


def read_claimed_turn(row: Row[Any], address: Address) -> ClaimedTurn | Malformed:
    """The claimed turn, or the error if a record in it cannot be read, such as one of a newer version."""
    try:
        return _claimed_turn(row, address)
    except Malformed as error:
        return error


def _claimed_turn(row: Row[Any], address: Address) -> ClaimedTurn:
    state = wire.load_state(row.state)
    events = _events(row.events)
    learner = read_learner(row, locale=row.locale or _locale(events) or DEFAULT)
    messages = row.history or []
    conversation = Conversation.of(
        state,
        address=address,
        learner=learner,
        history=read_history(messages, state.history_start),
        version=row.version,
    )
    return ClaimedTurn(
        conversation=conversation,
        events=events,
        token=row.lease_token,
        principal=Principal(person=learner.id),
        audience=Audience(address=str(address), private=not any(event.group for event in events)),
        attempts=row.attempts,
        replies_pending=row.replies_pending,
        line=messages[-1][-1] if messages else state.history_start.line if state.history_start else 0,
    )


def _locale(events: tuple[Event, ...]) -> str:
    """The language that the platform reports for the first person who addresses Sona; empty if it reports none."""
    return next((wire.clean(event.sender.locale) for event in events if event.addressed and event.sender.locale), "")


def read_events(records: Sequence[Any]) -> tuple[Event, ...] | Malformed:
    """The events, or the error if one cannot be read."""
    try:
        return _events(records)
    except Malformed as error:
        return error


def _events(records: Sequence[Any]) -> tuple[Event, ...]:
    return tuple(wire.load_event(record) for record in records)

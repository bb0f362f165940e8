"""Commit turns: state, handled events, messages, replies and study progress of many turns in one statement."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from core import wire
from core.clock import Clock
from core.conversation import ClaimedTurn, Conversation, Learner, Turn
from core.outbound import OutboundMessage
from core.reply import Quiz
from storage.engine.database import Database
from storage.rows.json_values import storable

# One statement is one transaction and one round trip, for one turn as for a whole batch. Its parts:
#
# `closed` decides which turns count. The token proves that nobody has claimed the conversation since. The version check
# rejects a turn whose conversation changed although its token is still valid: its lease had expired, and another
# conversation took over the quiz. The check of handled events is a second guard against answering one twice. Everything
# below reads from `done`, so that a turn that does not count leaves no trace.
#
# `learners_changed` writes only the fields that each turn changed, because turns of one person in several conversations
# may close in the same batch; the later one (`n`) wins per field.
#
# `quiz_taken_over` clears the quiz that a turn continued from another conversation, unless that conversation has moved
# on, is in a turn now, or closes in this same batch: a row can be updated only once per statement.
#
# Rows whose order matters are inserted in the order of the turns and, within one, of the items. Two turns of one person
# may write the same card or unit, but ON CONFLICT accepts each key only once per statement: DISTINCT ON keeps the last
# version of a card and the best score of a unit.
_CLOSE = text(
    """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:turns AS jsonb)) AS g (
            address text, token text, version int, state jsonb, learner jsonb, events text[], turn jsonb,
            origin jsonb, messages jsonb, outbound jsonb, calls jsonb, cards jsonb, reviews jsonb, progress jsonb, n int
        )
    ), closed AS (
        UPDATE conversations c
        SET state = g.state, version = c.version + 1, attempts = 0, lease_token = NULL, lease_until = NULL, updated_at = :now
        FROM given g WHERE c.address = g.address AND c.lease_token = g.token AND c.version = g.version
            AND NOT EXISTS (SELECT FROM events e WHERE e.id = ANY(g.events) AND e.handled_at IS NOT NULL)
        RETURNING c.address, c.learner_id
    ), done AS (
        SELECT g.*, closed.learner_id FROM given g JOIN closed USING (address)
    ), events_handled AS (
        UPDATE events SET handled_at = :now
        WHERE id IN (SELECT unnest(events) FROM done)
    ), learners_changed AS (
        UPDATE learners l SET name = coalesce(new.fields->>'name', l.name),
            locale = coalesce(new.fields->>'locale', l.locale), zone = coalesce(new.fields->>'zone', l.zone),
            voice = coalesce(new.fields->>'voice', l.voice)
        FROM (SELECT d.learner_id, jsonb_object_agg(f.key, f.value ORDER BY d.n) AS fields
              FROM done d, jsonb_each(d.learner) AS f GROUP BY d.learner_id) AS new
        WHERE l.id = new.learner_id
    ), quiz_taken_over AS (
        UPDATE conversations c SET state = jsonb_set(c.state, '{is,quiz}', 'null'), version = c.version + 1
        FROM done d WHERE c.address = d.origin->>'address' AND c.version = (d.origin->>'version')::int
            AND (c.lease_until IS NULL OR c.lease_until <= :now) AND NOT EXISTS (SELECT FROM given g WHERE g.address = c.address)
    ), replies_queued AS (
        INSERT INTO outbound (id, address, quiz_id, thread, payload, due_at, created_at)
        SELECT o->>'id', d.address, o->>'quiz_id', o->>'thread', o->'payload', :now, :now
        FROM done d, jsonb_array_elements(d.outbound) WITH ORDINALITY AS x (o, i) ORDER BY d.n, x.i
    ), turns_added AS (
        INSERT INTO turns (id, address, learner_id, started_at, ended_at, model, input_tokens, output_tokens,
                           cache_read_tokens, cache_write_tokens, cost)
        SELECT d.turn->>'id', d.address, d.learner_id, (d.turn->>'started')::timestamptz,
               (d.turn->>'ended')::timestamptz, d.turn->>'model', (d.turn->>'input')::int, (d.turn->>'output')::int,
               (d.turn->>'cache_read')::int, (d.turn->>'cache_write')::int, (d.turn->>'cost')::float8
        FROM done d RETURNING id
    ), messages_added AS (
        INSERT INTO messages (address, turn_id, role, speaker, sender, text, at, platform_id)
        SELECT d.address, d.turn->>'id', m->>'role', m->>'speaker', m->>'sender', m->>'text', (m->>'at')::timestamptz,
               m->>'platform_id'
        FROM done d, jsonb_array_elements(d.messages) WITH ORDINALITY AS x (m, i) ORDER BY d.n, x.i
    ), calls_added AS (
        INSERT INTO tool_calls (turn_id, call_id, name, input, output, failed, seconds)
        SELECT a.id, t->>'id', t->>'name', t->>'input', t->>'output', (t->>'failed')::bool, (t->>'seconds')::float8
        FROM done d JOIN turns_added a ON a.id = d.turn->>'id',
             jsonb_array_elements(d.calls) WITH ORDINALITY AS x (t, i) ORDER BY d.n, x.i
    ), cards_written AS (
        INSERT INTO cards (learner_id, key, due, state, reps, lapses, strength)
        SELECT DISTINCT ON (d.learner_id, k->>'key') d.learner_id, k->>'key', (k->>'due')::timestamptz, k->>'state',
               (k->>'reps')::int, (k->>'lapses')::int, (k->>'strength')::float8
        FROM done d, jsonb_array_elements(d.cards) WITH ORDINALITY AS x (k, i)
        ORDER BY d.learner_id, k->>'key', d.n DESC, x.i DESC
        ON CONFLICT (learner_id, key) DO UPDATE SET due = excluded.due, state = excluded.state,
            reps = excluded.reps, lapses = excluded.lapses, strength = excluded.strength
    ), reviews_added AS (
        INSERT INTO reviews (learner_id, card, rating, at, seconds)
        SELECT d.learner_id, r->>'card', (r->>'rating')::int, (r->>'at')::timestamptz, (r->>'seconds')::float8
        FROM done d, jsonb_array_elements(d.reviews) WITH ORDINALITY AS x (r, i) ORDER BY d.n, x.i
    ), progress_written AS (
        INSERT INTO unit_progress (learner_id, course, unit, score, at)
        SELECT DISTINCT ON (d.learner_id, u->>'course', u->>'unit') d.learner_id, u->>'course', u->>'unit',
               (u->>'score')::float8, (u->>'at')::timestamptz
        FROM done d, jsonb_array_elements(d.progress) u
        ORDER BY d.learner_id, u->>'course', u->>'unit', (u->>'score')::float8 DESC
        ON CONFLICT (learner_id, course, unit) DO UPDATE
            SET score = greatest(unit_progress.score, excluded.score), at = excluded.at
    )
    SELECT address FROM closed
    """
)


async def close_turns(database: Database, pairs: Sequence[tuple[ClaimedTurn, Turn]], clock: Clock) -> set[str]:
    """Commit the turns that still hold their lease and return their addresses; the others leave no trace.

    Retries while the database is unreachable. If an attempt was committed but its answer lost, the next one finds the
    lease gone and reports the turn as not committed; its effects stand.
    """
    records = [_record(n, claimed, turn, clock.id()) for n, (claimed, turn) in enumerate(pairs)]
    turns = json.dumps(records)
    # Only text with NUL or lone surrogates, which json.dumps escapes like this, needs the slower copy.
    if "\\u0000" in turns or "\\ud" in turns:
        turns = json.dumps(storable(records))
    return {row.address for row in await database.run_with_retry(_CLOSE, {"turns": turns, "now": clock.now()})}


def _record(n: int, claimed: ClaimedTurn, turn: Turn, turn_id: str) -> dict[str, Any]:
    before, after = claimed.conversation, turn.conversation
    return {
        "n": n,
        "address": str(before.address),
        "token": claimed.token,
        "version": before.version,
        "state": _state(after),
        "learner": _changed_fields(before.learner, after.learner),
        "origin": {"address": str(turn.origin.address), "version": turn.origin.version} if turn.origin else None,
        "events": [wire.clean(event.id) for event in claimed.events],
        "turn": {
            "id": turn_id,
            "started": turn.started.isoformat(),
            "ended": turn.ended.isoformat(),
            **_fields(turn.usage),
        },
        "messages": [_fields(message) for message in turn.messages],
        "outbound": [_outbound(reply) for reply in turn.replies],
        "calls": [_fields(call) for call in turn.calls],
        "cards": [_fields(card) for card in turn.cards],
        "reviews": [_fields(review) for review in turn.reviews],
        "progress": [_fields(unit) for unit in turn.progress],
    }


def _changed_fields(before: Learner, after: Learner) -> dict[str, str]:
    """The fields that the turn changed; all others may have been changed by another turn meanwhile."""
    known = _fields(before) if after.id == before.id else {"id": after.id}
    return {name: value for name, value in _fields(after).items() if name not in known or value != known[name]}


def _state(conversation: Conversation) -> Any:
    return json.loads(wire.dump_state(conversation.state))


def _outbound(outbound: OutboundMessage) -> dict[str, Any]:
    return {
        "id": outbound.id,
        "quiz_id": outbound.reply.id if isinstance(outbound.reply, Quiz) else "",
        "thread": outbound.thread,
        "payload": json.loads(wire.dump_reply(outbound.reply)),
    }


def _fields(record: Any) -> dict[str, Any]:
    """A flat frozen dataclass as JSON values, times in ISO format."""
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}

"""Writing turns that end: state, handled events, messages, outbound and the record, for many turns in one statement."""

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

_CLOSE = text(
    """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:turns AS jsonb)) AS g (
            address text, token text, version int, state jsonb, learner jsonb, events text[], turn jsonb,
            origin jsonb, messages jsonb, outbound jsonb, calls jsonb, cards jsonb, reviews jsonb, unit_progress jsonb, n int
        )
    ), closed AS (
        UPDATE conversations c
        SET state = g.state, version = c.version + 1, attempts = 0, lease_token = NULL, lease_until = NULL, updated_at = :now
        FROM given g WHERE c.address = g.address AND c.lease_token = g.token AND c.version = g.version
            AND NOT EXISTS (SELECT FROM events e WHERE e.id = ANY(g.events) AND e.handled_at IS NOT NULL)
        RETURNING c.address, c.learner_id
    ), done AS (
        SELECT g.*, closed.learner_id FROM given g JOIN closed USING (address)
    ), handled AS (
        UPDATE events SET handled_at = :now
        WHERE id IN (SELECT unnest(events) FROM done)
    ), learned AS (
        UPDATE learners l SET name = coalesce(made.changed->>'name', l.name),
            locale = coalesce(made.changed->>'locale', l.locale), zone = coalesce(made.changed->>'zone', l.zone),
            voice = coalesce(made.changed->>'voice', l.voice)
        FROM (SELECT d.learner_id, jsonb_object_agg(f.key, f.value ORDER BY d.n) AS changed
              FROM done d, jsonb_each(d.learner) AS f GROUP BY d.learner_id) AS made
        WHERE l.id = made.learner_id
    ), handed_over AS (
        UPDATE conversations c SET state = jsonb_set(c.state, '{is,quiz}', 'null'), version = c.version + 1
        FROM done d WHERE c.address = d.origin->>'address' AND c.version = (d.origin->>'version')::int
            AND (c.lease_until IS NULL OR c.lease_until <= :now) AND NOT EXISTS (SELECT FROM given g WHERE g.address = c.address)
    ), told AS (
        INSERT INTO outbound (id, address, quiz_id, thread, payload, due_at, created_at)
        SELECT p->>'id', d.address, p->>'quiz_id', p->>'thread', p->'payload', :now, :now
        FROM done d, jsonb_array_elements(d.outbound) WITH ORDINALITY AS x (p, i) ORDER BY d.n, x.i
    ), recorded AS (
        INSERT INTO turns (id, address, learner_id, started_at, ended_at, model, input_tokens, output_tokens,
                           cache_read_tokens, cache_write_tokens, cost)
        SELECT d.turn->>'id', d.address, d.learner_id, (d.turn->>'started')::timestamptz,
               (d.turn->>'ended')::timestamptz, d.turn->>'model', (d.turn->>'input')::int, (d.turn->>'output')::int,
               (d.turn->>'cache_read')::int, (d.turn->>'cache_write')::int, (d.turn->>'cost')::float8
        FROM done d RETURNING id
    ), written AS (
        INSERT INTO messages (address, turn_id, role, speaker, sender, text, at, platform_id)
        SELECT d.address, d.turn->>'id', m->>'role', m->>'speaker', m->>'sender', m->>'text', (m->>'at')::timestamptz,
               m->>'platform_id'
        FROM done d, jsonb_array_elements(d.messages) WITH ORDINALITY AS x (m, i) ORDER BY d.n, x.i
    ), called AS (
        INSERT INTO tool_calls (turn_id, call_id, name, input, output, failed, seconds)
        SELECT r.id, t->>'id', t->>'name', t->>'input', t->>'output', (t->>'failed')::bool, (t->>'seconds')::float8
        FROM done d JOIN recorded r ON r.id = d.turn->>'id',
             jsonb_array_elements(d.calls) WITH ORDINALITY AS x (t, i) ORDER BY d.n, x.i
    ), carded AS (
        INSERT INTO cards (learner_id, key, due, state, reps, lapses, strength)
        SELECT DISTINCT ON (d.learner_id, k->>'key') d.learner_id, k->>'key', (k->>'due')::timestamptz, k->>'state',
               (k->>'reps')::int, (k->>'lapses')::int, (k->>'strength')::float8
        FROM done d, jsonb_array_elements(d.cards) WITH ORDINALITY AS x (k, i)
        ORDER BY d.learner_id, k->>'key', d.n DESC, x.i DESC
        ON CONFLICT (learner_id, key) DO UPDATE SET due = excluded.due, state = excluded.state,
            reps = excluded.reps, lapses = excluded.lapses, strength = excluded.strength
    ), reviewed AS (
        INSERT INTO reviews (learner_id, card, rating, at, seconds)
        SELECT d.learner_id, v->>'card', (v->>'rating')::int, (v->>'at')::timestamptz, (v->>'seconds')::float8
        FROM done d, jsonb_array_elements(d.reviews) WITH ORDINALITY AS x (v, i) ORDER BY d.n, x.i
    ), reached AS (
        INSERT INTO unit_progress (learner_id, course, unit, score, at)
        SELECT DISTINCT ON (d.learner_id, u->>'course', u->>'unit') d.learner_id, u->>'course', u->>'unit',
               (u->>'score')::float8, (u->>'at')::timestamptz
        FROM done d, jsonb_array_elements(d.unit_progress) u
        ORDER BY d.learner_id, u->>'course', u->>'unit', (u->>'score')::float8 DESC
        ON CONFLICT (learner_id, course, unit) DO UPDATE
            SET score = greatest(unit_progress.score, excluded.score), at = excluded.at
    )
    SELECT address FROM closed
    """
)


async def close_turns(database: Database, pairs: Sequence[tuple[ClaimedTurn, Turn]], clock: Clock) -> set[str]:
    """Write all turns whose lease still holds and return their addresses; the others leave no trace.

    Where the answer to a first try was lost, what it wrote stands, and the lease is gone.
    """
    records = [_record(n, claimed, turn, clock.id()) for n, (claimed, turn) in enumerate(pairs)]
    turns = json.dumps(records)
    if "\\u0000" in turns or "\\ud" in turns:
        turns = json.dumps(_clean(records))
    return {row.address for row in await database.run_with_retry(_CLOSE, {"turns": turns, "now": clock.now()})}


def _record(n: int, claimed: ClaimedTurn, turn: Turn, name: str) -> dict[str, Any]:
    before, after = claimed.conversation, turn.conversation
    return {
        "n": n,
        "address": str(before.address),
        "token": claimed.token,
        "version": before.version,
        "state": _state(after),
        "learner": _changed(before.learner, after.learner),
        "origin": {"address": str(turn.origin.address), "version": turn.origin.version} if turn.origin else None,
        "events": [wire.clean(event.id) for event in claimed.events],
        "turn": {
            "id": name,
            "started": turn.started.isoformat(),
            "ended": turn.ended.isoformat(),
            **_fields(turn.usage),
        },
        "messages": [_fields(message) for message in turn.messages],
        "outbound": [_parcel(outbound) for outbound in turn.replies],
        "calls": [_fields(call) for call in turn.calls],
        "cards": [_fields(card) for card in turn.cards],
        "reviews": [_fields(review) for review in turn.reviews],
        "unit_progress": [_fields(unit) for unit in turn.progress],
    }


def _changed(before: Learner, after: Learner) -> dict[str, str]:
    """What the turn changed of a person, and nothing that may have been changed elsewhere meanwhile."""
    known = _fields(before) if after.id == before.id else {"id": after.id}
    return {name: value for name, value in _fields(after).items() if name not in known or value != known[name]}


def _state(conversation: Conversation) -> Any:
    return json.loads(wire.dump_state(conversation.state))


def _parcel(outbound: OutboundMessage) -> dict[str, Any]:
    quiz_id = outbound.reply.id if isinstance(outbound.reply, Quiz) else ""
    return {
        "id": outbound.id,
        "quiz_id": quiz_id,
        "thread": outbound.thread,
        "payload": json.loads(wire.dump_reply(outbound.reply)),
    }


def _fields(noun: Any) -> dict[str, Any]:
    """A flat frozen dataclass as JSON values, moments in ISO form."""
    values = {name: getattr(noun, name) for name in noun.__dataclass_fields__}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


def _clean(value: Any) -> Any:
    match value:
        case str():
            return wire.clean(value)
        case dict():
            return {key: _clean(item) for key, item in value.items()}
        case list():
            return [_clean(item) for item in value]
        case _:
            return value

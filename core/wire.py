"""The stored shape of events, replies and conversation state, with a version in each record."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from core.conversation import ConversationState
from core.errors import Malformed
from core.event import Body, Event
from core.reply import Reply

VERSION = 1


_events: TypeAdapter[Event] = TypeAdapter(Event)
_replies: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Discriminator("kind")])
_bodies: TypeAdapter[Body] = TypeAdapter(Annotated[Body, Discriminator("kind")])
_states: TypeAdapter[ConversationState] = TypeAdapter(ConversationState)


def clean(text: str) -> str:
    """The text without what Postgres or UTF-8 cannot hold: NUL and lone surrogates become U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _clean(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {clean(str(key)): _clean(item) for key, item in value.items()}
        case list() | tuple():
            return [_clean(item) for item in value]
        case _:
            return value


def _dump(adapter: TypeAdapter[Any], value: Any) -> str:
    try:
        dumped = adapter.dump_json(value).decode()
        if "\\u0000" not in dumped:
            return f'{{"v":{VERSION},"is":{dumped}}}'
    except PydanticSerializationError:
        pass
    return json.dumps({"v": VERSION, "is": _clean(adapter.dump_python(value, mode="python"))}, default=str)


def _load(adapter: TypeAdapter[Any], record: Mapping[str, Any]) -> Any:
    if record.get("v") != VERSION:
        raise Malformed(f"a record of version {record.get('v')!r}, but only {VERSION} is known")
    try:
        return adapter.validate_python(record.get("is"))
    except ValidationError as error:
        raise Malformed(f"a stored record does not fit: {error.error_count()} problems") from error


def dump_event(event: Event) -> str:
    """JSON text of the whole event, safe for a jsonb column."""
    return _dump(_events, event)


def load_event(record: Mapping[str, Any]) -> Event:
    """The event in a parsed record. Raises `Malformed`."""
    return _load(_events, record)


def dump_reply(reply: Reply) -> str:
    return _dump(_replies, reply)


def load_reply(record: Mapping[str, Any]) -> Reply:
    return _load(_replies, record)


def dump_state(state: ConversationState) -> str:
    return _dump(_states, state)


def load_state(record: Mapping[str, Any]) -> ConversationState:
    return _load(_states, record) if record else ConversationState()


def load_body(value: Mapping[str, Any]) -> Body:
    """An event body that came from a client of our own (web, terminal). Raises `Malformed`."""
    try:
        return _bodies.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise Malformed(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error

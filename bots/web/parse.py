"""What the page sends, checked, as events."""

import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, TypeAdapter, ValidationError

from core.address import Address
from core.errors import Malformed
from core.event import Body, Event, Said, Sender, Shared, Spoke, Stopped, Tapped
from core.media import Media
from core.wire import clean, load_body

WORDS: Final = 100_000
"""Characters one message may have."""

Tag = Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z0-9-]*$")]


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hello(_Frame):
    """The first frame: `last` is the number of the newest line the page has, -1 for none at all."""

    t: Literal["hello"]
    last: int = Field(ge=-1, lt=2**62)
    locale: Tag = ""
    start: str = Field(default="", max_length=200)


class ClientEvent(_Frame):
    """An event. `id` is the page's own UUID, `proof` goes with an uploaded blob."""

    t: Literal["event"]
    id: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")
    body: dict[str, Any]
    shown: str = Field(default="", max_length=2000)
    proof: str = Field(default="", max_length=200)


class HistoryRequest(_Frame):
    """Asks for lines before number `before`."""

    t: Literal["older"]
    before: int = Field(gt=0, lt=2**62)


class Ping(_Frame):
    t: Literal["ping"]


Frame = Hello | ClientEvent | HistoryRequest | Ping

_frames: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Discriminator("t")])


def frame(text: str) -> Frame:
    """Raises `Malformed`."""
    try:
        return _frames.validate_python(json.loads(text))
    except (ValidationError, ValueError, RecursionError) as error:
        raise Malformed("not a frame that is known here") from error


def claimed(text: str) -> str:
    """The id that a broken frame gives itself, so that the page learns which message it was; empty without one."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return str(data.get("id", ""))[:64] if isinstance(data, dict) else ""


def event(happened: ClientEvent, address: Address, locale: str, at: datetime) -> Event:
    """Raises `Malformed` for what no page may say: background events, empty or overlong words, sound without a blob."""
    body = load_body(happened.body)
    _allowed(body)
    if isinstance(body, Said):
        body = Said(text=clean(body.text))
    sender = Sender(id=address.chat, locale=locale)
    return Event(id=f"web:{happened.id}", address=address, sender=sender, at=at, body=body, message_id=happened.id)


def _allowed(body: Body) -> None:
    match body:
        case Said(text=text) if not text.strip():
            raise Malformed("text: nothing is said")
        case Said(text=text) | Shared(text=text) if len(text) > WORDS:
            raise Malformed(f"text: over {WORDS} characters")
        case Spoke(audio=None):
            raise Malformed("audio: there is none")
        case Spoke(heard=heard, unheard=unheard) if heard or unheard:
            raise Malformed("heard: is not the page's to say")
        case Spoke(audio=Media() as media) | Shared(media=media) if not _plausible(media):
            raise Malformed("media: no file is like that")
        case Tapped(choice=choice, of=of) if not choice or len(choice) > 1000 or len(of) > 100:
            raise Malformed("choice: empty or too long")
        case Said() | Spoke() | Tapped() | Shared() | Stopped():
            return
        case _:
            raise Malformed("kind: not one that a page can send")


def _plausible(media: Media) -> bool:
    """Whether the numbers are finite, as others cannot be stored, and the words short."""
    short = len(media.ref) <= 200 and len(media.mime) <= 200 and len(media.name) <= 300
    return short and 0 <= media.size < 2**53 and 0 <= media.seconds < 10**9


def blob(body: Body) -> str:
    """The key of the blob an event points to, or empty."""
    match body:
        case Spoke(audio=audio) if audio is not None:
            return audio.ref
        case Shared(media=media):
            return media.ref
        case _:
            return ""

"""What happens on a platform, in the same few shapes for all of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.address import Address
from core.media import Media


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who did it, as the platform knows them. `locale` is a BCP 47 tag or empty."""

    id: str
    name: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words typed by a person. A command arrives as text too (`/review`).

    `edited` says that they take the place of others, which were said before and may have been answered.
    """

    text: str
    edited: bool = False
    kind: Literal["said"] = "said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke:
    """A voice note, a call's utterance (then `heard` holds its words already) or recorded audio.

    Once a turn has listened in vain, `unheard` is the key in `core.phrases` of what the person is told.
    """

    audio: Media | None = None
    heard: str = ""
    unheard: str = ""
    kind: Literal["spoke"] = "spoke"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """A button. `choice` is the `Choice.value` it was made from; `of` the platform's id of the message it sat on.

    `judged` says that the platform has shown at once whether it was right, as a quiz poll does.
    """

    choice: str
    of: str = ""
    judged: bool = False
    kind: Literal["tapped"] = "tapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A file, picture or document sent into the chat, perhaps with words beside it. Files sent together have the same `album`."""

    media: Media
    text: str = ""
    album: str = ""
    kind: Literal["shared"] = "shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gesture:
    """Something sent that is neither words nor a file to read; `text` is what it shows in short (an emoji), or empty.

    `unread` are words to Sona that the platform does not show it.
    """

    what: Literal["sticker", "place", "contact", "dice", "poll", "other", "unread"]
    text: str = ""
    kind: Literal["gesture"] = "gesture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The person opened the conversation. `start` carries a deep link's payload."""

    start: str = ""
    kind: Literal["joined"] = "joined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """The person blocked or removed Sona: nothing more is sent there."""

    kind: Literal["left"] = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Stop what is running now; what was already said is kept. A `quiet` one is answered by nothing of its own."""

    quiet: bool = False
    kind: Literal["stopped"] = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A reminder's time has come. `what` names it (`review`)."""

    what: str
    kind: Literal["due"] = "due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Background work ended: `what` names it (`ingest`), `text` says how in words for the person; `of` is the id of what was read."""

    what: str
    text: str = ""
    failed: bool = False
    of: str = ""
    kind: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """What a person thinks of an answer; `of` is the platform's id of its message."""

    good: bool
    of: str
    kind: Literal["rated"] = "rated"


Body = Said | Spoke | Tapped | Shared | Gesture | Joined | Left | Stopped | Due | Ready | Rated


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened.

    `id` is `<channel>:<the platform's own unique id>` and is what duplicates are recognised by.
    `addressed` is false for words in a group that were not meant for Sona: kept as context, never answered.
    `opts_in` says that whoever had ended the messages takes that back by this; `drop_if_opted_out` that it is not even kept while
    they are ended. `below` is the platform's id of the message that its answer belongs below, where one conversation
    is shown in several threads. `message_id` is the platform's id of the message that the event is, or changes; empty
    where an event is no message.
    """

    id: str
    address: Address
    sender: Sender
    at: datetime
    body: Body
    addressed: bool = True
    group: bool = field(default=False)
    opts_in: bool = False
    drop_if_opted_out: bool = False
    reply_thread: str = ""
    message_id: str = ""

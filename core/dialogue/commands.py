"""What people can ask for by a slash: data that platforms can register, and the answers to the general ones."""

from dataclasses import dataclass, replace
from difflib import get_close_matches

from core.channel import LiveUpdates
from core.dialogue.draft import TurnDraft
from core.dialogue.suggestions import suggest
from core.dialogue.text import command, stops
from core.event import Event, Joined, Said
from core.phrases import locales, say
from core.reply import Choice, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandInfo:
    """A command without its slash, and the key of the phrase that describes it.

    The answer to a `private` one concerns nobody but who asks: among others it is shown to them only, where a platform can.
    """

    name: str
    about: str
    private: bool = False


_NAMES = (
    "start",
    "lesson",
    "quiz",
    "review",
    "progress",
    "word",
    "card",
    "courses",
    "continue",
    "language",
    "voice",
    "new",
    "link",
    "unlink",
    "mydata",
    "forget",
    "stop",
    "help",
)
_PRIVATE = frozenset({"progress", "card", "continue", "language", "voice", "link", "unlink", "mydata", "forget"})
COMMANDS = tuple(CommandInfo(name=name, about=f"command.{name}", private=name in _PRIVATE) for name in _NAMES)
_VOICES = {"on": "always", "always": "always", "off": "never", "never": "never", "auto": "auto"}


class GeneralCommands:
    """Answers `/start`, `/help`, `/language`, `/voice`, `/new`, an idle `/stop`, and every command that nobody before it knew.

    Words to explain (`/explain moku li pona`) are left to who talks.

    `offline` says that there is no model, which `/start` and `/help` then tell.
    """

    def __init__(self, *, infos: tuple[CommandInfo, ...] = COMMANDS, offline: bool = False) -> None:
        self._infos = infos
        self._offline = offline

    async def answer(self, event: Event, thought: TurnDraft, live: LiveUpdates) -> TurnDraft | None:  # noqa: ARG002 - who answers at once shows no signs
        if isinstance(event.body, Joined):
            return self._welcome(thought)
        if isinstance(event.body, Said) and stops(event):
            return thought.saying(Text(text=say("stop.idle", thought.conversation.learner.locale)))
        asked = command(event)
        if asked is None:
            return None
        name, rest = asked
        match name:
            case "start":
                return self._welcome(thought)
            case "help":
                return self._help(thought)
            case "language" | "lang":
                return _language(rest, thought)
            case "voice":
                return _voice(rest, thought)
            case "new" | "reset":
                return _afresh(thought)
            case "explain" if rest:
                return None
            case _:
                return self._unknown(name[:32], thought)

    def _welcome(self, thought: TurnDraft) -> TurnDraft:
        learner = thought.conversation.learner
        hello = say("start.hello_name" if learner.name else "start.hello", learner.locale, name=learner.name)
        parts = (hello, *self._intro(learner.locale), say("start.next", learner.locale))
        choices = suggest(learner.locale, "lesson", "courses", "help")
        others = tuple(
            Choice(label=say("language.name", tag), value=f"/language {tag}")
            for tag in locales()
            if say("language.name", tag) != say("language.name", learner.locale)
        )
        return thought.saying(Text(text="\n\n".join(parts), choices=choices + others))

    def _help(self, thought: TurnDraft) -> TurnDraft:
        locale = thought.conversation.learner.locale
        lines = "\n".join(f"/{info.name} – {say(info.about, locale)}" for info in self._infos)
        parts = (say("help.title", locale), lines, say("help.more", locale), *self._intro(locale))
        return thought.saying(
            Text(text="\n\n".join(parts), choices=suggest(locale, "lesson", "quiz", "review", "courses"))
        )

    def _unknown(self, name: str, thought: TurnDraft) -> TurnDraft:
        locale = thought.conversation.learner.locale
        said = [say("help.unknown", locale, command=f"/{name}")]
        near = [f"/{found}" for found in get_close_matches(name, [info.name for info in self._infos], n=1)]
        said += [say("help.nearest", locale, command=found) for found in near]
        choices = tuple(Choice(label=found, value=found) for found in near)
        return thought.saying(Text(text=" ".join(said), choices=choices + suggest(locale, "help")))

    def _intro(self, locale: str) -> tuple[str, ...]:
        return (say("offline.intro", locale),) if self._offline else ()


def _language(wanted: str, thought: TurnDraft) -> TurnDraft:
    before = thought.conversation
    here = before.learner.locale
    names = {tag: say("language.name", tag) for tag in locales()}
    choices = tuple(Choice(label=name, value=f"/language {tag}") for tag, name in names.items())
    if not wanted:
        return thought.saying(Text(text=say("language.ask", here), choices=choices))
    locale = _locale(wanted)
    if locale is None:
        text = say("language.unknown", here, language=wanted[:40], languages=", ".join(names.values()))
        return thought.saying(Text(text=text, choices=choices))
    changed = replace(before, learner=replace(before.learner, locale=locale))
    return thought.with_conversation(changed).saying(Text(text=say("language.set", locale)))


def _locale(wanted: str) -> str | None:
    """The locale that goes by this tag or by this name in any language we speak."""
    plain = wanted.strip(" .!").casefold()
    tag = plain.replace("_", "-").partition("-")[0]
    for locale in locales():
        names = {name.strip().casefold() for name in say("language.also", locale).split(",")}
        if tag == locale or plain in names:
            return locale
    return None


def _voice(wanted: str, thought: TurnDraft) -> TurnDraft:
    before = thought.conversation
    locale = before.learner.locale
    manner = _VOICES.get(wanted.casefold())
    if manner is None:
        values = (("always", "on"), ("auto", "auto"), ("never", "off"))
        choices = tuple(Choice(label=say(f"voice.button_{key}", locale), value=f"/voice {to}") for key, to in values)
        return thought.saying(Text(text=say("voice.ask", locale), choices=choices))
    voice = "always" if manner == "always" else "never" if manner == "never" else "auto"
    changed = replace(before, learner=replace(before.learner, voice=voice))
    return thought.with_conversation(changed).saying(Text(text=say(f"voice.{manner}", locale)))


def _afresh(thought: TurnDraft) -> TurnDraft:
    cleared = replace(thought.conversation, history=(), title="", focus="", quiz=None)
    begun = replace(thought, conversation=cleared, anew=len(thought.messages))
    return begun.saying(Text(text=say("new.done", cleared.learner.locale)))

"""What people can ask for by a slash: data that platforms can register, and the answers to the general ones."""

from dataclasses import dataclass, replace
from difflib import get_close_matches

from core.channel import LiveUpdates
from core.dialogue import offline_notice
from core.dialogue.draft import TurnDraft
from core.dialogue.suggestions import suggest
from core.dialogue.text import command, stops
from core.event import Event, Joined, Said
from core.phrases import locales, phrase
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

    async def answer(self, event: Event, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:  # noqa: ARG002 - who answers at once shows no signs
        if isinstance(event.body, Joined):
            return self._welcome(draft)
        if isinstance(event.body, Said) and stops(event):
            return draft.with_replies(Text(text=phrase("stop.idle", draft.conversation.learner.locale)))
        asked = command(event)
        if asked is None:
            return None
        name, rest = asked
        match name:
            case "start":
                return self._welcome(draft)
            case "help":
                return self._help(draft)
            case "language" | "lang":
                return _language(rest, draft)
            case "voice":
                return _voice(rest, draft)
            case "new" | "reset":
                return _afresh(draft)
            case "explain" if rest:
                return None
            case _:
                return self._unknown(name[:32], draft)

    def _welcome(self, draft: TurnDraft) -> TurnDraft:
        learner = draft.conversation.learner
        hello = phrase("start.hello_name" if learner.name else "start.hello", learner.locale, name=learner.name)
        parts = (hello, *self._intro(learner.locale), phrase("start.next", learner.locale))
        choices = suggest(learner.locale, "lesson", "courses", "help")
        others = tuple(
            Choice(label=phrase("language.name", tag), value=f"/language {tag}")
            for tag in locales()
            if phrase("language.name", tag) != phrase("language.name", learner.locale)
        )
        return self._introduced(draft).with_replies(Text(text="\n\n".join(parts), choices=choices + others))

    def _help(self, draft: TurnDraft) -> TurnDraft:
        locale = draft.conversation.learner.locale
        lines = "\n".join(f"/{info.name} – {phrase(info.about, locale)}" for info in self._infos)
        parts = (phrase("help.title", locale), lines, phrase("help.more", locale), *self._intro(locale))
        choices = suggest(locale, "lesson", "quiz", "review", "courses")
        return self._introduced(draft).with_replies(Text(text="\n\n".join(parts), choices=choices))

    def _unknown(self, name: str, draft: TurnDraft) -> TurnDraft:
        locale = draft.conversation.learner.locale
        said = [phrase("help.unknown", locale, command=f"/{name}")]
        near = [f"/{found}" for found in get_close_matches(name, [info.name for info in self._infos], n=1)]
        said += [phrase("help.nearest", locale, command=found) for found in near]
        choices = tuple(Choice(label=found, value=found) for found in near)
        return draft.with_replies(Text(text=" ".join(said), choices=choices + suggest(locale, "help")))

    def _introduced(self, draft: TurnDraft) -> TurnDraft:
        return offline_notice.given(draft) if self._offline else draft

    def _intro(self, locale: str) -> tuple[str, ...]:
        return (phrase("offline.intro", locale),) if self._offline else ()


def _language(wanted: str, draft: TurnDraft) -> TurnDraft:
    before = draft.conversation
    here = before.learner.locale
    names = {tag: phrase("language.name", tag) for tag in locales()}
    choices = tuple(Choice(label=name, value=f"/language {tag}") for tag, name in names.items())
    if not wanted:
        return draft.with_replies(Text(text=phrase("language.ask", here), choices=choices))
    locale = _locale(wanted)
    if locale is None:
        text = phrase("language.unknown", here, language=wanted[:40], languages=", ".join(names.values()))
        return draft.with_replies(Text(text=text, choices=choices))
    changed = replace(before, learner=replace(before.learner, locale=locale))
    return draft.with_conversation(changed).with_replies(Text(text=phrase("language.set", locale)))


def _locale(wanted: str) -> str | None:
    """The locale that goes by this tag or by this name in any language we speak."""
    plain = wanted.strip(" .!").casefold()
    tag = plain.replace("_", "-").partition("-")[0]
    for locale in locales():
        names = {name.strip().casefold() for name in phrase("language.also", locale).split(",")}
        if tag == locale or plain in names:
            return locale
    return None


def _voice(wanted: str, draft: TurnDraft) -> TurnDraft:
    before = draft.conversation
    locale = before.learner.locale
    manner = _VOICES.get(wanted.casefold())
    if manner is None:
        values = (("always", "on"), ("auto", "auto"), ("never", "off"))
        choices = tuple(Choice(label=phrase(f"voice.button_{key}", locale), value=f"/voice {to}") for key, to in values)
        return draft.with_replies(Text(text=phrase("voice.ask", locale), choices=choices))
    voice = "always" if manner == "always" else "never" if manner == "never" else "auto"
    changed = replace(before, learner=replace(before.learner, voice=voice))
    return draft.with_conversation(changed).with_replies(Text(text=phrase(f"voice.{manner}", locale)))


def _afresh(draft: TurnDraft) -> TurnDraft:
    cleared = replace(draft.conversation, history=(), title="", focus="", quiz=None, pending=None)
    begun = replace(draft, conversation=cleared, history_start=len(draft.messages))
    return begun.with_replies(Text(text=phrase("new.done", cleared.learner.locale)))

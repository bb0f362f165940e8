"""Answers to the general commands."""

from dataclasses import replace
from difflib import get_close_matches

from core.channel import LiveUpdates
from core.dialogue import offline_notice
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import UNKNOWN_COMMAND, Command, Incoming, button
from core.dialogue.suggestions import suggest
from core.event import Joined, Stopped
from core.phrases import locales, phrase
from core.reply import Choice, Text

_VOICES = {"on": "always", "always": "always", "off": "never", "never": "never", "auto": "auto"}


class GeneralCommands:
    """Answers the general commands, whoever opens the conversation, an idle stop, and commands that no feature declares.

    `commands` are listed by `/help`. `offline` means that there is no model, which `/start` and `/help` then say.
    """

    def __init__(self, *, commands: tuple[Command, ...], offline: bool = False) -> None:
        self._commands = commands
        self._offline = offline

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:  # noqa: ARG002 - answers immediately, no live updates
        intent = incoming.intent
        if isinstance(incoming.event.body, Joined):
            return self._welcome(draft)
        if intent is None or isinstance(incoming.event.body, Stopped):
            return None
        match intent.name:
            case "stop":
                return draft.with_replies(Text(text=phrase("stop.idle", draft.conversation.learner.locale)))
            case "start":
                return self._welcome(draft)
            case "help":
                return self._help(draft)
            case "language":
                return _language(intent.arguments, draft)
            case "voice":
                return _voice(intent.arguments, draft)
            case "new":
                return _afresh(draft)
            case name if name == UNKNOWN_COMMAND:
                return self._unknown(intent.arguments.partition(" ")[0][:32], draft)
            case _:
                return None

    def _welcome(self, draft: TurnDraft) -> TurnDraft:
        learner = draft.conversation.learner
        hello = phrase("start.hello_name" if learner.name else "start.hello", learner.locale, name=learner.name)
        parts = (hello, *self._intro(learner.locale), phrase("start.next", learner.locale))
        choices = suggest(learner.locale, "lesson", "courses", "help")
        others = tuple(
            button(phrase("language.name", tag), "language", tag)
            for tag in locales()
            if phrase("language.name", tag) != phrase("language.name", learner.locale)
        )
        return self._introduced(draft).with_replies(Text(text="\n\n".join(parts), choices=choices + others))

    def _help(self, draft: TurnDraft) -> TurnDraft:
        locale = draft.conversation.learner.locale
        lines = "\n".join(f"/{one.name} – {phrase(one.about, locale)}" for one in self._commands)
        parts = (phrase("help.title", locale), lines, phrase("help.more", locale), *self._intro(locale))
        choices = suggest(locale, "lesson", "quiz", "review", "courses")
        return self._introduced(draft).with_replies(Text(text="\n\n".join(parts), choices=choices))

    def _unknown(self, name: str, draft: TurnDraft) -> TurnDraft:
        locale = draft.conversation.learner.locale
        said = [phrase("help.unknown", locale, command=f"/{name}")]
        near = [f"/{found}" for found in get_close_matches(name, [one.name for one in self._commands], n=1)]
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
    choices = tuple(button(name, "language", tag) for tag, name in names.items())
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
        choices = tuple(button(phrase(f"voice.button_{key}", locale), "voice", to) for key, to in values)
        return draft.with_replies(Text(text=phrase("voice.ask", locale), choices=choices))
    voice = "always" if manner == "always" else "never" if manner == "never" else "auto"
    changed = replace(before, learner=replace(before.learner, voice=voice))
    return draft.with_conversation(changed).with_replies(Text(text=phrase(f"voice.{manner}", locale)))


def _afresh(draft: TurnDraft) -> TurnDraft:
    cleared = replace(draft.conversation, history=(), title="", focus="", quiz=None, pending=None)
    begun = replace(draft, conversation=cleared, history_start=len(draft.messages))
    return begun.with_replies(Text(text=phrase("new.done", cleared.learner.locale)))

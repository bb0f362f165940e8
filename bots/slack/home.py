"""Renders the home tab: progress, due reviews, documents and settings; pure."""

from collections.abc import Callable, Sequence

from bots.slack import interactive, render
from bots.slack.location import SlackLocation
from bots.slack.mrkdwn import escaped
from bots.slack.render import SlackBlock
from core.phrases import known, locales, phrase
from core.ports.overview import Overview
from core.reply import Choice

_MAX_PROGRESS_BLOCKS = 20
_MAX_DOCUMENTS = 10
_VOICES = (("always", "on"), ("auto", "auto"), ("never", "off"))

SignChoice = Callable[[Choice], str]


def home_view(
    location: SlackLocation, overview: Overview | None, suggestions: Sequence[Choice], sign: SignChoice, locale: str
) -> SlackBlock:
    """Return the home tab; its buttons and menus act in the direct conversation `location`. Without an overview it has
    suggestions only.
    """
    blocks = [*_text_blocks(phrase("start.hello", locale)), *_buttons(location, "", suggestions, sign)]
    if overview is not None:
        blocks += _progress(overview, locale)
        blocks += _reviews(location, overview, sign, locale)
        blocks += _knowledge(overview, locale)
        blocks += _settings(location, overview, sign, locale)
    return {"type": "home", "blocks": blocks}


def _progress(overview: Overview, locale: str) -> list[SlackBlock]:
    return [_title("slack.home.progress", locale), *_text_blocks(overview.progress)[:_MAX_PROGRESS_BLOCKS]]


def _reviews(location: SlackLocation, overview: Overview, sign: SignChoice, locale: str) -> list[SlackBlock]:
    title = _title("slack.home.review", locale)
    if not overview.due:
        return [title, *_text_blocks(phrase("slack.home.nothing", locale))]
    review = Choice(label=phrase("button.review", locale), value="/review")
    words = phrase("slack.home.due", locale, count=overview.due)
    return [title, *_text_blocks(words), *_buttons(location, "review", (review,), sign)]


def _knowledge(overview: Overview, locale: str) -> list[SlackBlock]:
    title = _title("slack.home.knowledge", locale)
    shown = overview.documents[:_MAX_DOCUMENTS]
    if not shown:
        return [title, *_text_blocks(phrase("slack.home.empty", locale))]
    lines = [
        f"• {escaped(_shortened(one.title or one.uri))} – {phrase(_state_key(one.state), locale)}" for one in shown
    ]
    if len(overview.documents) > len(shown):
        lines.append(phrase("slack.home.more", locale, count=len(overview.documents) - len(shown)))
    return [title, _section("\n".join(lines))]


def _settings(location: SlackLocation, overview: Overview, sign: SignChoice, locale: str) -> list[SlackBlock]:
    languages = [Choice(label=phrase("language.name", tag), value=f"/language {tag}") for tag in locales()]
    voices = [Choice(label=phrase(f"voice.button_{name}", locale), value=f"/voice {to}") for name, to in _VOICES]
    language, voice = known(overview.learner.locale), dict(_VOICES)[overview.learner.voice]
    return [
        _title("slack.home.settings", locale),
        _menu(location, "language", languages, f"/language {language}", sign, locale),
        _menu(location, "voice", voices, f"/voice {voice}", sign, locale),
    ]


def _menu(
    location: SlackLocation, name: str, choices: Sequence[Choice], chosen: str, sign: SignChoice, locale: str
) -> SlackBlock:
    options = {choice.value: {"text": render.plain_text(choice.label, 75), "value": sign(choice)} for choice in choices}
    menu = {
        "type": "static_select",
        "action_id": name,
        "options": list(options.values()),
        "initial_option": options[chosen],
    }
    words = escaped(phrase(f"slack.home.{name}", locale))
    return {**_section(words), "block_id": _block_id(location, name), "accessory": menu}


def _buttons(location: SlackLocation, name: str, choices: Sequence[Choice], sign: SignChoice) -> list[SlackBlock]:
    elements = [render.button(choice, sign(choice), number) for number, choice in enumerate(choices)]
    return [{"type": "actions", "block_id": _block_id(location, name), "elements": elements}] if elements else []


def _block_id(location: SlackLocation, name: str) -> str:
    """Return a block id that names the conversation in which the block's buttons and menus act."""
    return f"{interactive.HOME}{location.channel}" + (f":{name}" if name else "")


def _title(key: str, locale: str) -> SlackBlock:
    return {"type": "header", "text": render.plain_text(phrase(key, locale), 150)}


def _section(words: str) -> SlackBlock:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def _text_blocks(text: str) -> list[SlackBlock]:
    shown = render.draft_message(text, "")
    return [*shown.blocks] if shown else []


def _state_key(state: str) -> str:
    return f"slack.home.{'reading' if state == 'embedding' else state}"


def _shortened(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= 120 else words[:119] + "…"

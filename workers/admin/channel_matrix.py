"""What every channel can do and where it falls back, as data and as the page that shows it."""

from collections.abc import Callable, Iterable, Mapping

from core.channel import Capabilities, RateSpec

ShowCapability = Callable[[Capabilities], str]

_ROWS: tuple[tuple[str, ShowCapability], ...] = (
    ("longest message, in characters", lambda can: f"{can.text_limit:,}"),
    ("formatted text", lambda can: _yes(can.formatted)),
    ("sources below an answer", lambda can: "as links" if can.sources else "in the text"),
    ("buttons at a message", lambda can: _number(can.buttons)),
    ("longest label, in characters", lambda can: _number(can.label_limit)),
    ("choices without buttons are told apart by", lambda can: "letters" if can.letter_choices else "numbers"),
    ("longest value of a button, in bytes", lambda can: _number(can.choice_bytes)),
    ("quiz polls, with choices of up to", lambda can: _number(can.polls)),
    ("voice", lambda can: _yes(can.voice)),
    ("pictures", lambda can: _yes(can.pictures)),
    ("files", lambda can: _yes(can.files)),
    ("sent messages can be changed", lambda can: _yes(can.edits)),
    ("typing is shown", lambda can: _yes(can.typing)),
    ("answers are seen while they are written", lambda can: _yes(can.streaming)),
    ("others can write in somebody's name", lambda can: _yes(can.spoofable_sender)),
    ("messages to one chat", lambda can: _rate(can.chat_rate)),
    ("messages to one group, where that is another", lambda can: _rate(can.group_rate)),
    ("messages in all", lambda can: _rate(can.total_rate)),
)

FALLBACKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("formatted text", "plain", ("telegram", "discord", "slack", "sms")),
    ("a voice note", "audio", ("telegram", "discord")),
    ("a voice note or an audio file", "text", ("telegram", "discord", "slack", "sms", "terminal")),
    ("a file to keep", "text", ("telegram", "discord", "slack", "sms")),
    ("a picture within a message", "file", ("slack",)),
    ("an answer streamed by the platform", "edits", ("telegram", "slack")),
    ("an answer for one person alone, where Sona is not", "direct", ("slack",)),
    ("an answer written into a message that is gone", "post", ("telegram", "discord", "slack")),
    ("a quiz poll", "buttons", ("telegram",)),
    ("buttons", "numbers", ("telegram", "discord", "slack", "sms", "terminal")),
    ("a verdict at the question", "verdict", ("telegram", "discord", "slack", "sms")),
)
"""What cannot be shown, the form that goes out instead (the label of `sona_fallback_total`), and where that can happen."""

_REPLACEMENTS = {
    "plain": "the same words without formatting",
    "audio": "the same sound as an audio file",
    "text": "what would have been said, in words",
    "file": "the picture as a file beside the words",
    "edits": "a message that is changed as the answer grows",
    "direct": "the answer in the direct messages, with its buttons",
    "post": "the whole answer as a new message",
    "buttons": "the question with buttons",
    "numbers": "a list; the number, the letter or the words answer it",
    "verdict": "the verdict as a message of its own",
}

_REPLACEMENT_OVERRIDES = {"a file to keep": "where or how to get it, in words"}

_STOPS: tuple[tuple[str, str], ...] = (
    ("web", "the stop button, `/stop`, or the word alone"),
    ("terminal", "Ctrl-C"),
    ("telegram", "the button at the answer in private chats, `/stop` in the menu of commands, or the word alone"),
    ("discord", "the command `/stop`, or the word alone"),
    ("slack", "Slack's own stop button, `/sona stop`, `!stop`, or the word alone"),
    ("sms", "`/stop`; the word alone belongs to the carriers and ends the messages too"),
)

_PAGE = """# What every channel can do

`sona channels` prints this page; a test holds it to the code, and another tries on every channel what it claims here. A reply that does not fit a channel is made to fit before it is sent.

{matrix}

Deliveries keep to these rates by themselves, with a queue for each chat: who waits holds up nobody else. Bursts up to the number given are taken on trust; where a platform asks to wait all the same, it is
obeyed, and that chat's messages then go out evenly. Each worker counts for itself: with several, the platform's own refusals are the safety net, and nothing is lost or out of order.

## Falling back

Each step down is counted as `sona_fallback_total` with the channel and the form that went out. So is a voice that nobody could lend in time, on every channel, as `text`.

{ladder}

## Stopping

Whatever is being answered is broken off at once, and with it the request to the model. What was said until then stays, and only what it cost is counted. Nothing that
was broken off is said aloud; parts of an answer that are on their way already still come. An open quiz stays open; a stop while nothing runs ends it.

{stops}
"""


def capabilities() -> Mapping[str, Capabilities]:
    """Every channel's, by name; loads the code of every platform."""
    from bots.discord.channel import CAPABILITIES as DISCORD
    from bots.slack.channel import CAPABILITIES as SLACK
    from bots.telegram.channel import CAPABILITIES as TELEGRAM
    from bots.terminal.channel import ABILITIES as TERMINAL
    from bots.twilio.channel import CAPABILITIES as SMS
    from bots.web.channel import ABILITIES as WEB

    return {
        "web": WEB,
        "terminal": TERMINAL,
        "telegram": TELEGRAM,
        "discord": DISCORD,
        "slack": SLACK,
        "sms": SMS,
    }


def page() -> str:
    """The whole page in Markdown."""
    channels = capabilities()
    matrix = _table(("", *channels), ((name, *map(show, channels.values())) for name, show in _ROWS))
    fallbacks = _table(
        ("what cannot be shown", "goes out as", "`form`", "where"),
        (
            (what, _REPLACEMENT_OVERRIDES.get(what, _REPLACEMENTS[form]), f"`{form}`", ", ".join(where))
            for what, form, where in FALLBACKS
        ),
    )
    stops = _table(("", "by"), _STOPS)
    return _PAGE.format(matrix=matrix, ladder=fallbacks, stops=stops)


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    names = tuple(head)
    lines = (names, tuple("---" for _ in names), *rows)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _yes(able: bool) -> str:
    return "yes" if able else "–"


def _number(amount: int) -> str:
    return f"{amount:,}" if amount else "–"


def _rate(rate: RateSpec | None) -> str:
    if rate is None:
        return "–"
    if not rate.seconds:
        return f"{rate.limit} at a time"
    return f"{rate.limit} in {rate.seconds:g} s"

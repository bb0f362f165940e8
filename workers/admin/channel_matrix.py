"""Capabilities and fallbacks of every channel, as data and as the page `docs/channels.md`."""

from collections.abc import Callable, Iterable, Mapping

from core.channel import Capabilities, RateSpec

ShowCapability = Callable[[Capabilities], str]

_ROWS: tuple[tuple[str, ShowCapability], ...] = (
    ("longest message, in characters", lambda can: f"{can.text_limit:,}"),
    ("formatted text", lambda can: _yes(can.formatted)),
    ("sources of an answer", lambda can: "as links" if can.sources else "in the text"),
    ("buttons per message", lambda can: _number(can.buttons)),
    ("longest label, in characters", lambda can: _number(can.label_limit)),
    ("choices without buttons are marked with", lambda can: "letters" if can.letter_choices else "numbers"),
    ("longest button value, in bytes", lambda can: _number(can.choice_bytes)),
    ("quiz polls, longest choice in characters", lambda can: _number(can.polls)),
    ("voice", lambda can: _yes(can.voice)),
    ("pictures", lambda can: _yes(can.pictures)),
    ("files", lambda can: _yes(can.files)),
    ("edits sent messages", lambda can: _yes(can.edits)),
    ("typing indicator", lambda can: _yes(can.typing)),
    ("streams answers", lambda can: _yes(can.streaming)),
    ("sender can be spoofed", lambda can: _yes(can.spoofable_sender)),
    ("rate limit per chat", lambda can: _rate(can.chat_rate)),
    ("rate limit per group, if different", lambda can: _rate(can.group_rate)),
    ("rate limit in total", lambda can: _rate(can.total_rate)),
)

FALLBACKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("formatted text", "plain", ("telegram", "discord", "slack", "sms")),
    ("a voice note", "audio", ("telegram", "discord")),
    ("a voice note or an audio file", "text", ("telegram", "discord", "slack", "sms", "terminal")),
    ("a file to download", "text", ("telegram", "discord", "slack", "sms")),
    ("a picture inside a message", "file", ("slack",)),
    ("an answer streamed by the platform", "edits", ("telegram", "slack")),
    ("a private answer in a channel without Sona", "direct", ("slack",)),
    ("an answer streamed into a message that was deleted", "post", ("telegram", "discord", "slack")),
    ("a quiz poll", "buttons", ("telegram",)),
    ("buttons", "numbers", ("telegram", "discord", "slack", "sms", "terminal")),
    ("a verdict on the question's message", "verdict", ("telegram", "discord", "slack", "sms")),
)
"""Each fallback: the content that is not supported, the form sent instead (label of `sona_fallback_total`), and its channels."""

_REPLACEMENTS = {
    "plain": "the same text without formatting",
    "audio": "the same sound as an audio file",
    "text": "the spoken text in writing",
    "file": "the picture as a file next to the text",
    "edits": "a message that is edited as the answer grows",
    "direct": "the answer as a direct message, with its buttons",
    "post": "the whole answer as a new message",
    "buttons": "the question with buttons",
    "numbers": "a list; people answer with the number, the letter or the text of a choice",
    "verdict": "the verdict as a separate message",
}

_REPLACEMENT_OVERRIDES = {"a file to download": "text that explains where to get the file"}

_STOPS: tuple[tuple[str, str], ...] = (
    ("web", "the stop button, `/stop`, or the word “stop” alone"),
    ("terminal", "Ctrl-C"),
    (
        "telegram",
        "the stop button of the answer in private chats, `/stop` in the command menu, or the word “stop” alone",
    ),
    ("discord", "the command `/stop`, or the word “stop” alone"),
    ("slack", "Slack's own stop button, `/sona stop`, `!stop`, or the word “stop” alone"),
    ("sms", "`/stop`; carriers treat the word “stop” alone as opting out of all messages"),
)

_PAGE = """# Channel capabilities

`sona channels` prints this page. One test compares it with the code, another verifies the claims on every channel. A reply that does not fit a channel is adapted before it is sent.

{matrix}

Deliveries respect these limits with one queue per chat, so a chat that waits does not delay the others. A burst up to the limit is sent immediately. When a platform asks to wait anyway, Sona waits, and then spaces
that chat's messages evenly. Each worker counts separately; with several workers, the platform may reject a message, which is then sent later and in order.

## Fallbacks

Each fallback is counted as `sona_fallback_total` with the channel and the form that was sent. On every channel, speech that could not be produced in time is counted as `text`.

{fallbacks}

## Stopping

A stop cancels the running answer and its model request immediately. The text written so far is kept, and only its cost is counted. An interrupted answer is not
spoken; parts that are already being delivered still arrive. An open quiz stays open; a stop when nothing is running closes it.

{stops}
"""


def capabilities() -> Mapping[str, Capabilities]:
    """Return every channel's capabilities by name; imports every platform."""
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
    """Return the page as Markdown."""
    channels = capabilities()
    matrix = _table(("", *channels), ((name, *map(show, channels.values())) for name, show in _ROWS))
    fallbacks = _table(
        ("not supported", "sent instead", "`form`", "channels"),
        (
            (what, _REPLACEMENT_OVERRIDES.get(what, _REPLACEMENTS[form]), f"`{form}`", ", ".join(where))
            for what, form, where in FALLBACKS
        ),
    )
    stops = _table(("", "how to stop"), _STOPS)
    return _PAGE.format(matrix=matrix, fallbacks=fallbacks, stops=stops)


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

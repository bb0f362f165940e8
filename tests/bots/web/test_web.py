"""The pure parts of the web chat: signatures, rendering, drafts."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.web import parse, render
from bots.web.channel import WebLiveUpdates
from bots.web.session import CookieSigner
from core.address import Address
from core.errors import Malformed
from core.media import Media
from core.ports.feed import FeedEntry, LiveSignal
from core.reply import Choice, Mark, Quiz, Text, Voice
from core.wire import dump_reply

SECRET = b"sixteen bytes ok"
HERE = Address("web", "ada")
AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Now:
    """A clock that stands still until it is moved."""

    at: datetime = AT

    def now(self) -> datetime:
        return self.at

    def id(self) -> str:
        return "id"


@dataclass(slots=True)
class Signs:
    """A feed that only collects signs."""

    found: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    async def sign(self, address: Address, body: Mapping[str, Any]) -> None:
        self.found.append(body)

    async def append(self, address: Address, key: str, body: Mapping[str, Any]) -> int:
        raise AssertionError("a sign is not kept")

    async def since(self, address: Address, after: int, limit: int = 200) -> tuple[FeedEntry, ...]:
        return ()

    @asynccontextmanager
    async def listen(self, address: Address) -> AsyncGenerator[AsyncIterator[FeedEntry | LiveSignal]]:  # pyright: ignore[reportDeprecated] - as the port says it
        raise AssertionError("nobody listens")
        yield


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_cookie_names_its_own_chat_under_its_own_secret_only(chat: str, other: str) -> None:
    seal, stranger = CookieSigner(SECRET), CookieSigner(b"another sixteen b")
    assert seal.chat(seal.cookie(chat)) == chat
    assert stranger.chat(seal.cookie(chat)) == ""
    assert seal.chat(f"{other}.{seal.cookie(chat).rpartition('.')[2]}") == (chat if other == chat else "")


def test_a_proof_is_good_for_one_file_in_one_conversation() -> None:
    seal = CookieSigner(SECRET)
    proof = seal.proof("ada", "blob:1")
    assert seal.proves(proof, "ada", "blob:1")
    assert not seal.proves(proof, "bob", "blob:1")
    assert not seal.proves(proof, "ada", "blob:2")
    assert not seal.proves(seal.cookie("ada").rpartition(".")[2], "ada", "")


def test_a_short_secret_is_no_secret() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        CookieSigner(b"short")


@given(st.text())
def test_whatever_a_page_sends_is_a_frame_or_malformed(text: str) -> None:
    try:
        parse.frame(text)
    except Malformed:
        assert isinstance(parse.claimed(text), str)


def _line(reply: Text | Quiz | Mark | Voice) -> render.JsonObject:
    body = render.said(json.loads(dump_reply(reply)), AT)
    return render.line(FeedEntry(seq=1, key="k", body=body), lambda ref: f"/at/{ref}")


def test_a_listening_question_does_not_give_its_words_away() -> None:
    audio = Media(ref="blob:1", mime="audio/ogg")
    line = _line(Quiz(id="1", question="What do you hear?", form="listening", say="telo", audio=audio))
    assert "telo" not in str(line)
    assert line["audio"]["href"] == "/at/blob:1"


def test_a_file_that_is_still_the_platform_s_has_no_link() -> None:
    assert _line(Voice(text="toki", audio=Media(ref="file-id")))["audio"]["href"] == ""


def test_words_that_stand_above_a_voice_note_are_not_shown_again() -> None:
    audio = Media(ref="blob:1", mime="audio/ogg")
    assert _line(Voice(text="toki", audio=audio, repeats=True))["blocks"] == []
    assert _line(Voice(text="toki", audio=audio))["blocks"] != []


def test_a_mark_names_its_quiz_and_both_answers() -> None:
    choices = (Choice(label="a", value="1"), Choice(label="b", value="2"))
    mark = Mark(quiz="q", question="?", choices=choices, chosen="1", right="2", correct=False, text="❌ No.")
    line = _line(mark)
    assert (line["quiz"], line["chosen"], line["right"], line["correct"]) == ("q", "1", "2", False)
    assert line["blocks"] == [{"k": "p", "s": [{"t": "No."}]}]


@pytest.mark.parametrize(
    "body", [{}, {"role": "sona"}, {"role": "sona", "reply": {"v": 99}}, {"role": "person", "body": {"kind": "?"}}]
)
def test_a_line_of_another_version_keeps_its_number(body: Mapping[str, Any]) -> None:
    line = render.line(FeedEntry(seq=7, key="k", body=body), str)
    assert (line["seq"], line["kind"]) == (7, "unknown")


def test_markdown_becomes_a_tree() -> None:
    assert render.blocks("**a** [b](https://c.d) `e`\n\n1. f\n\n> g\n\n```py\nh\n```\n\n| i |\n|---|\n| j |") == [
        {
            "k": "p",
            "s": [
                {"t": "a", "bold": True},
                {"t": " "},
                {"t": "b", "link": "https://c.d"},
                {"t": " "},
                {"t": "e", "code": True},
            ],
        },
        {"k": "li", "s": [{"t": "f"}], "depth": 0, "n": 1},
        {"k": "quote", "blocks": [{"k": "p", "s": [{"t": "g"}]}]},
        {"k": "code", "text": "h", "language": "py"},
        {"k": "table", "header": [[{"t": "i"}]], "rows": [[[{"t": "j"}]]]},
    ]


def _joined(signs: Signs, seen_from: int = 0) -> str:
    draft = ""
    for body in signs.found[seen_from:]:
        piece = body.get("draft")
        if piece and piece["at"] in (0, len(draft)):
            draft = draft[: piece["at"]] + piece["text"]
    return draft


async def test_a_long_draft_costs_a_few_times_its_length_and_latecomers_see_it_soon() -> None:
    signs, now = Signs(), Now()
    live = WebLiveUpdates(feed=signs, address=HERE, clock=now)
    text = "word " * 4000
    for end in range(5, len(text) + 1, 5):
        now.at += timedelta(seconds=1)
        await live.draft(text[:end])
    assert _joined(signs) == text
    assert sum(len(body["draft"]["text"]) for body in signs.found) < 7 * len(text)
    wholes = [len(body["draft"]["text"]) for body in signs.found if body["draft"]["at"] == 0]
    assert wholes[-1] > len(text) * 0.75


async def test_drafts_in_quick_succession_are_one_sign_and_the_rest_follows_with_the_next() -> None:
    signs, now = Signs(), Now()
    live = WebLiveUpdates(feed=signs, address=HERE, clock=now)
    for end in range(1, 6):
        await live.draft("hello"[:end])
    assert _joined(signs) == "h"
    await live.status("Looking…")
    assert _joined(signs) == "hello"
    assert signs.found[-1] == {"status": "Looking…"}


async def test_a_draft_that_begins_anew_replaces_the_old_one() -> None:
    signs, now = Signs(), Now()
    live = WebLiveUpdates(feed=signs, address=HERE, clock=now)
    await live.draft("Let me think")
    now.at += timedelta(seconds=1)
    await live.draft("It is water")
    assert _joined(signs) == "It is water"


async def test_typing_is_said_at_most_every_two_seconds_and_a_status_once() -> None:
    signs, now = Signs(), Now()
    live = WebLiveUpdates(feed=signs, address=HERE, clock=now)
    for _ in range(5):
        await live.typing()
        await live.status("a")
    now.at += timedelta(seconds=3)
    await live.typing()
    assert signs.found == [{"typing": True}, {"status": "a"}, {"typing": True}]

"""The home tab: progress, due reviews, documents and settings, published again after a change."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bots.slack import Slack, SlackSettings, connect
from core.address import Address
from core.channel import Request
from core.conversation import Learner
from core.dialogue.suggestions import suggest
from core.errors import Unreachable
from core.event import Tapped
from core.outbound import OutboundMessage
from core.ports.knowledge import SourceStatus
from core.ports.overview import Overview
from core.reply import Text
from tests.bots.slack.conftest import SlackBlobs
from tests.fakes.clock import ManualClock
from tests.fakes.slack import SECRET, TOKEN, FakeSlack, event

FIXTURES = Path(__file__).parent / "fixtures"
DIRECT, THREAD = Address("slack", "T1.D7"), Address("slack", "T1.D7", "1699999999.000001")


@dataclass
class MemoryOverviews:
    """In-memory `Overviews`; `lookups` lists the calls."""

    overview: Overview
    lookups: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    unreachable: bool = False

    async def of(self, channel: str, sender: str, *, locale: str) -> Overview:
        self.lookups.append((channel, sender, locale))
        if self.unreachable:
            raise Unreachable("the database is unreachable")
        return self.overview


@dataclass
class HomeTab:
    api: FakeSlack
    app: Slack
    overviews: MemoryOverviews

    async def open(self) -> None:
        payload = json.loads((FIXTURES / "home_opened.json").read_text(encoding="utf-8"))["payload"]
        await self.app.channel.acknowledge(
            self.app.channel.parse(Request(body=json.dumps(event(payload["event"])).encode()))
        )

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return self.api.views["U7"]["blocks"]

    @property
    def text(self) -> str:
        return "\n".join(block["text"]["text"] for block in self.blocks if "text" in block)

    def menu(self, name: str) -> dict[str, Any]:
        (block,) = [block for block in self.blocks if block.get("block_id") == f"home:D7:{name}"]
        return block["accessory"] | {"block_id": block["block_id"]}


def _no_count(name: str, /, **labels: str) -> None:
    """Discard counters."""


@pytest.fixture
async def tab() -> AsyncIterator[HomeTab]:
    files = tuple(
        SourceStatus(id=str(number), uri=f"https://a.b/{number}", title=f"Lipu <{number}>", state="embedding")
        for number in range(12)
    )
    people = MemoryOverviews(
        Overview(learner=Learner(id="1", locale="vi"), progress="**Toki Pona**: 3 / 12", due=5, documents=files)
    )
    async with FakeSlack() as api:
        api.channel("D7")
        app = connect(
            SlackSettings(token=TOKEN, signing_secret=SECRET, api_url=api.url),
            secret_key=b"secret",
            clock=ManualClock(),
            blobs=SlackBlobs(),
            count=_no_count,
            suggest=lambda locale: suggest(locale, "lesson", "quiz"),
            overviews=people,
        )
        yield HomeTab(api, app, people)
        await app.close()


async def test_the_tab_shows_progress_reviews_documents_and_settings_in_the_learners_language(tab: HomeTab) -> None:
    await tab.open()
    assert tab.overviews.lookups == [("slack", "T1.U7", "en-US")]
    for words in ("Tiến độ", "*Toki Pona*: 3 / 12", "Số từ đang chờ ôn: 5.", "• Lipu &lt;9&gt; – đang đọc", "và 2 mục"):
        assert words in tab.text
    assert "Lipu &lt;10&gt;" not in tab.text
    assert tab.menu("language")["initial_option"]["text"]["text"] == "Tiếng Việt"
    assert len(tab.menu("voice")["options"]) == 3


async def test_an_unknown_person_gets_a_tab_too(tab: HomeTab) -> None:
    tab.overviews.overview = Overview(learner=Learner(id="", locale="en-US"), progress="Nothing learned yet", due=0)
    await tab.open()
    assert "Nothing is due right now." in tab.text
    assert "Nothing yet. Send me a file" in tab.text
    assert tab.menu("language")["initial_option"]["text"]["text"] == "English"


async def test_a_setting_chosen_in_the_tab_is_a_tap_in_the_direct_conversation(tab: HomeTab) -> None:
    await tab.open()
    payload = json.loads((FIXTURES / "menu_in_the_home_tab.json").read_text(encoding="utf-8"))["payload"]
    menu = tab.menu("language")
    (spanish,) = [option for option in menu["options"] if option["text"]["text"] == "Español"]
    payload["actions"][0] |= {"block_id": menu["block_id"], "selected_option": spanish}
    (found,) = tab.app.channel.read("interactive", payload)
    assert (found.address, found.body) == (DIRECT, Tapped(choice="/language es"))


@pytest.mark.parametrize("address", [DIRECT, THREAD])
async def test_the_tab_is_published_again_only_after_a_change(tab: HomeTab, address: Address) -> None:
    await tab.open()
    tab.overviews.overview = replace(
        tab.overviews.overview, learner=Learner(id="1", locale="es", voice="always"), due=4
    )
    await tab.app.channel.send(OutboundMessage(id="2", address=address, reply=Text(text="Hablamos español")))
    await tab.api.wait_until(lambda: len(tab.api.calls_of("views.publish")) == 2)
    assert "Palabras por repasar: 4." in tab.text
    assert tab.menu("voice")["initial_option"]["text"]["text"] == "Siempre"
    await tab.app.channel.send(OutboundMessage(id="3", address=address, reply=Text(text="pona")))
    await tab.app.close()
    assert (len(tab.overviews.lookups), len(tab.api.calls_of("views.publish"))) == (3, 2)


async def test_an_unopened_tab_causes_no_lookup_and_a_failing_one_delays_no_answer(tab: HomeTab) -> None:
    await tab.app.channel.send(OutboundMessage(id="1", address=DIRECT, reply=Text(text="wan")))
    await tab.open()
    assert len(tab.overviews.lookups) == 1
    tab.overviews.unreachable = True
    await tab.app.channel.send(OutboundMessage(id="2", address=DIRECT, reply=Text(text="tu")))
    await tab.app.close()
    assert tab.api.channels["D7"].texts == ["wan", "tu"]
    assert len(tab.overviews.lookups) == 2

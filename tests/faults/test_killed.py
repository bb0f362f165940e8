"""Parts of the house die at random moments while thirty people talk with it: nothing is lost, doubled or out of order."""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.fakes.anthropic import KEY
from tests.fakes.echo import EchoingAnthropic
from tests.faults.delivery_count import WORD, Reckoning, reckon
from tests.faults.program import House, free_port
from tests.faults.telegram import Postman, WatchedTelegram
from workers.supervisor.process_record import is_alive

SEED = 20261121
CONVERSATIONS, EVENTS = 30, 10
PARTS = {"worker": 4, "web": 3, "valkey": 3}
LEASE = 3
_PATIENCE = 60.0

_WAITING = """
    SELECT (SELECT count(*) FROM events WHERE handled_at IS NULL) + (SELECT count(*) FROM outbound WHERE state = 'waiting')
"""


@dataclass(slots=True, kw_only=True)
class Scene:
    """A house, the platform and the model it talks with, and what people will say."""

    house: House
    telegram: WatchedTelegram
    postman: Postman
    chance: random.Random
    said: list[list[str]]
    chats: list[int]

    async def talk(self) -> None:
        await self.postman.posts(self.chats, self.said)

    def at_work(self, name: str, since: float) -> bool:
        """Whether a part has done something since then."""
        match name:
            case "worker":
                return bool(self.telegram.accepted) and self.telegram.accepted[-1].at > since
            case "web":
                return self.postman.taken > since
            case _:
                return time.monotonic() > since + 2

    async def answered(self) -> None:
        """Wait until nothing waits any more, neither to be answered nor to be delivered."""
        async with asyncio.timeout(_PATIENCE):
            while await asyncio.to_thread(self._waiting):  # noqa: ASYNC110 - other processes are watched
                await asyncio.sleep(0.2)

    def _waiting(self) -> int:
        with psycopg.connect(self.house.running().database_url) as connection:
            row = connection.execute(_WAITING).fetchone()
        assert row
        return int(row[0])

    def parcels(self) -> list[str]:
        """The words in every answer that was ever put down to be delivered."""
        with psycopg.connect(self.house.running().database_url) as connection:
            rows = connection.execute("SELECT payload #>> '{is,text}' FROM outbound WHERE state = 'sent'").fetchall()
        return [word for (text,) in rows for word in WORD.findall(text)]

    def kills(self, name: str) -> int:
        return sum(kill.name == name for kill in self.house.kills)

    def reckoned(self) -> Reckoning:
        return reckon(self.said, self.telegram.accepted, self.house.kills)


@asynccontextmanager
async def scene(*, events: int = EVENTS, seed: int = SEED, slowest: float = 4.0) -> AsyncGenerator[Scene]:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="sona-faults-", ignore_cleanup_errors=True) as folder:
        async with WatchedTelegram(chance, slowest=0.2) as telegram, EchoingAnthropic(chance, slowest=1.5) as model:
            house = House(
                home=Path(folder) / "home", settings=_settings(telegram, model, port := free_port()), port=port
            )
            chats = [1000 + number for number in range(CONVERSATIONS)]
            for chat in chats:
                telegram.chat(chat)
            said = [[f"c{chat}e{number:03}" for number in range(events)] for chat in chats]
            url = f"http://127.0.0.1:{port}/telegram"
            postman = Postman(url=url, secret="a-secret", chance=chance, slowest=slowest)
            house.open()
            try:
                await house.ready()
                yield Scene(house=house, telegram=telegram, postman=postman, chance=chance, said=said, chats=chats)
            finally:
                await asyncio.to_thread(house.close)


def _settings(telegram: WatchedTelegram, model: EchoingAnthropic, port: int) -> dict[str, str]:
    return {
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_WEBHOOK_SECRET": "a-secret",
        "TELEGRAM_API_URL": telegram.url,
        "SONA_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": model.url,
        "SONA_SPEECH": "off",
        "SONA_LEASE_SECONDS": str(LEASE),
    }


async def _reap(scene: Scene, name: str, most: int) -> None:
    """Kill a part again and again while people talk, mostly when it is at work again, sometimes as soon as it is there."""
    killed = 0.0
    for _ in range(most):
        hasty = scene.chance.random() < 0.2
        while not (hasty or scene.at_work(name, killed) or scene.postman.done):  # noqa: ASYNC110 - other processes are watched
            await asyncio.sleep(0.05)
        await asyncio.sleep(scene.chance.uniform(0.5, 1 if hasty else 4))
        if scene.postman.done:
            return
        killed = await scene.house.kill(name)


def _summary(scene: Scene, reckoning: Reckoning, began: float) -> str:
    names = [kill.name for kill in scene.house.kills]
    kills = ", ".join(f"{name} {names.count(name)} times" for name in dict.fromkeys(names))
    return (
        f"{sum(map(len, scene.said))} events on {len(scene.chats)} conversations, killed {kills}, "
        f"webhook calls repeated {scene.postman.repeats}, lost {len(reckoning.lost)}, twice {len(reckoning.twice)}, "
        f"out of order {len(reckoning.disordered)}, repeated in the window between the platform's acceptance and our "
        f"commit {len(reckoning.repeated)}, in {time.monotonic() - began:.1f} s"
    )


def _judge(scene: Scene, began: float, capsys: pytest.CaptureFixture[str]) -> None:
    reckoning = scene.reckoned()
    with capsys.disabled():
        print(f"\n{_summary(scene, reckoning, began)}")
    assert (reckoning.lost, reckoning.twice, reckoning.disordered) == ([], [], []), scene.house.said
    assert sorted(scene.parcels()) == _flat(scene.said)


def _flat(words: Sequence[Sequence[str]]) -> list[str]:
    return sorted(word for some in words for word in some)


@pytest.mark.timeout(150)
async def test_nothing_is_lost_or_answered_twice_when_worker_web_and_valkey_are_killed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    began = time.monotonic()
    async with scene() as under_fire:
        async with asyncio.TaskGroup() as group:
            group.create_task(under_fire.talk())
            for name, most in PARTS.items():
                group.create_task(_reap(under_fire, name, most))
        await under_fire.answered()
        _judge(under_fire, began, capsys)
        assert all(under_fire.kills(name) >= 2 for name in PARTS)


@pytest.mark.timeout(120)
async def test_a_house_killed_at_its_head_goes_on_where_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    async with scene(events=3, slowest=2) as under_fire:
        house = under_fire.house
        async with asyncio.TaskGroup() as group:
            group.create_task(under_fire.talk())
            await asyncio.sleep(under_fire.chance.uniform(1, 3))
            before = house.processes()
            await asyncio.to_thread(house.behead)
            house.open()
            await house.ready()
        assert [process for process in before if is_alive(process)] == []
        await under_fire.answered()
        _judge(under_fire, began, capsys)

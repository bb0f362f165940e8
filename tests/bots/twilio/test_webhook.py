"""Being called by Twilio, which calls again as the address asks for."""

import socket

from aiohttp import web

from bots.http import Timeouts, Webhooks, application
from bots.twilio.routes import INSISTING
from core.errors import Unreachable
from core.event import Event, Said
from tests.bots.twilio.conftest import Desk, connected, settings


async def test_a_text_that_could_not_be_kept_comes_again_only_where_the_address_asks_for_it(desk: Desk) -> None:
    kept: list[Event] = []
    away = 0

    def count(name: str, /, **labels: str) -> None: ...

    async def keep(event: Event) -> bool:
        nonlocal away
        away -= 1
        if away >= 0:
            raise Unreachable("the database is away")
        kept.append(event)
        return True

    with socket.create_server(("127.0.0.1", 0)) as listening:
        here = f"http://127.0.0.1:{listening.getsockname()[1]}"
        account = connected(settings(desk.api, public_url=here), book=desk.book, clock=desk.clock, count=count)
        runner = web.AppRunner(application(Webhooks(keep, count), {"/sms": account.channel}, [], Timeouts()))
        await runner.setup()
        await web.SockSite(runner, listening).start()
        for overrides, words, status in (("", "lost", 503), (INSISTING, "toki", 200)):
            desk.api.hook, away = f"{here}/sms{overrides}", 5
            assert await desk.api.says(words) == status
        await runner.cleanup()
        await account.close()
    assert [event.body for event in kept] == [Said(text="toki")]

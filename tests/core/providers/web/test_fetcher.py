import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import web

from core.errors import Throttled, Unreachable
from core.ports.documents import Unreadable
from core.providers.web.fetcher import AGENT, FetchLimits, WebFetcher
from tests.fakes.website import Website, website


def loopback(address: str) -> bool:
    return address == "127.0.0.1"


@pytest.fixture
async def site() -> AsyncIterator[Website]:
    async with website() as running:
        yield running


async def refusal(url: str, fetcher: WebFetcher | None = None) -> str:
    with pytest.raises(Unreadable) as caught:
        await (fetcher or WebFetcher(allow=loopback)).fetch(url)
    return caught.value.reason


async def test_a_page_comes_with_its_type_and_name(site: Website) -> None:
    url = site.page("/notes/tea.md", b"# Tea", Content_Type="text/markdown; charset=utf-8")
    found = await WebFetcher(allow=loopback).fetch(f"{url}?a=1#part")
    assert (found.data, found.mime, found.title) == (b"# Tea", "text/markdown; charset=utf-8", "tea.md")
    assert found.url == f"{url}?a=1"


async def test_a_file_keeps_the_name_the_site_gives_it(site: Website) -> None:
    url = site.page(
        "/d", b"x", Content_Disposition="attachment; filename*=UTF-8''tr%C3%A0.pdf", Content_Type="application/pdf"
    )
    assert (await WebFetcher(allow=loopback).fetch(url)).title == "trà.pdf"


async def test_we_say_who_we_are_and_carry_nothing_else(site: Website) -> None:
    site.page("/b", b"x", Content_Type="text/plain")
    site.page("/a", status=302, Location="/b", Set_Cookie="seen=1")
    await WebFetcher(allow=loopback).fetch(f"{site.url}/a")
    headers = site.visits[-1].headers
    assert headers["User-Agent"] == AGENT
    assert not {"Cookie", "Authorization", "Referer", "Proxy-Authorization"} & set(headers)


async def test_proxies_of_the_machine_are_not_used(site: Website, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    url = site.page("/a", b"x", Content_Type="text/plain")
    assert (await WebFetcher(allow=loopback).fetch(url)).data == b"x"


@pytest.mark.parametrize(
    "url",
    ["ftp://a.org/", "file:///etc/passwd", "javascript:1", "//a.org/", "a.org", "", "http://", "http://u:p@127.0.0.1/", "http://a.org:99999/", "http://[::1", "gopher://127.0.0.1:6379/_x"],
)  # fmt: skip
async def test_what_is_no_web_address_is_refused(url: str) -> None:
    assert await refusal(url) == "ingest.address"


async def test_loopback_is_closed_unless_a_test_opens_it(site: Website) -> None:
    url = site.page("/a", b"x")
    assert await refusal(url, WebFetcher()) == "ingest.address"
    assert site.visits == []


@pytest.mark.parametrize(
    "target", ["http://127.0.0.2:{port}/b", "http://[::1]:{port}/b", "file:///etc/passwd", "http://0x7f000002:{port}/b"]
)
async def test_every_redirect_is_checked_again(site: Website, target: str) -> None:
    url = site.moved("/a", target.format(port=site.port))
    assert await refusal(url) == "ingest.address"
    assert len(site.visits) == 1


async def test_five_redirects_are_followed_and_a_sixth_is_not(site: Website) -> None:
    for number in range(6):
        site.moved(f"/{number}", f"/{number + 1}")
    site.page("/6", b"end", Content_Type="text/plain")
    assert (await WebFetcher(allow=loopback).fetch(f"{site.url}/1")).data == b"end"
    assert await refusal(f"{site.url}/0") == "ingest.not_found"


async def test_a_name_is_asked_for_once_and_all_its_addresses_count(site: Website) -> None:
    answers: list[Sequence[str]] = [("127.0.0.1",), ("127.0.0.1", "10.0.0.1"), ("127.0.0.1",)]
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    site.page("/a", b"x", Content_Type="text/plain")
    fetcher = WebFetcher(allow=loopback, resolve=resolve)
    assert (await fetcher.fetch(f"http://tea.example:{site.port}/a")).data == b"x"
    assert asked == ["tea.example"]
    assert site.visits[0].headers["Host"] == f"tea.example:{site.port}"
    assert await refusal(f"http://tea.example:{site.port}/a", fetcher) == "ingest.address"


async def test_an_address_is_looked_at_once_more_where_it_is_used(site: Website) -> None:
    judged: list[str] = []

    def once(address: str) -> bool:
        judged.append(address)
        return len(judged) == 1

    url = site.page("/a", b"x")
    assert await refusal(url, WebFetcher(allow=once)) == "ingest.address"
    assert site.visits == []


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "not_found"), (410, "not_found"), (401, "forbidden"), (403, "forbidden"), (451, "forbidden")],
)
async def test_what_a_site_refuses_is_said(site: Website, status: int, reason: str) -> None:
    assert await refusal(site.page("/a", status=status)) == f"ingest.{reason}"


async def test_pictures_and_films_are_not_fetched(site: Website) -> None:
    assert await refusal(site.page("/a", b"x", Content_Type="image/png")) == "ingest.unsupported"


async def test_a_busy_or_broken_site_is_tried_again_later(site: Website) -> None:
    for status in (429, 503):
        with pytest.raises(Throttled) as caught:
            await WebFetcher(allow=loopback).fetch(site.page("/a", status=status, Retry_After="7"))
        assert caught.value.retry_after == 7
    with pytest.raises(Unreachable):
        await WebFetcher(allow=loopback).fetch(site.page("/b", status=503))


async def test_nobody_there_is_tried_again_later() -> None:
    with pytest.raises(Unreachable):
        await WebFetcher(allow=loopback).fetch("http://127.0.0.1:1/")


async def test_a_file_that_says_it_is_too_large_is_not_begun(site: Website) -> None:
    url = site.page("/a", b"x" * 2000, Content_Type="text/plain")
    assert await refusal(url, WebFetcher(allow=loopback, bounds=FetchLimits(size=1000))) == "ingest.too_large"


async def test_a_stream_without_end_is_cut_off(site: Website) -> None:
    stopped = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 10_000)
        finally:
            stopped.set()

    site.pages["/a"] = endless
    assert (
        await refusal(f"{site.url}/a", WebFetcher(allow=loopback, bounds=FetchLimits(size=100_000)))
        == "ingest.too_large"
    )
    await asyncio.wait_for(stopped.wait(), 5)


async def test_a_page_that_unpacks_to_a_gigabyte_is_cut_off(site: Website) -> None:
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = pack.compress(b" " * 50_000_000) + pack.flush()
    url = site.page("/a", packed, Content_Type="text/html", Content_Encoding="gzip")
    assert await refusal(url, WebFetcher(allow=loopback, bounds=FetchLimits(size=1_000_000))) == "ingest.too_large"


async def test_a_packed_page_is_unpacked(site: Website) -> None:
    url = site.page("/a", gzip.compress(b"hello"), Content_Type="text/html", Content_Encoding="gzip")
    assert (await WebFetcher(allow=loopback).fetch(url)).data == b"hello"


async def test_a_site_that_never_answers_is_given_up(site: Website) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    site.pages["/a"] = silent
    with pytest.raises(Unreachable):
        await WebFetcher(allow=loopback, bounds=FetchLimits(seconds=0.2)).fetch(f"{site.url}/a")

"""The page's files, uploads and blobs over plain HTTP."""

import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from core.address import Address
from core.event import Spoke
from core.media import Media
from core.outbound import OutboundMessage
from core.providers.audio.codec import decode, encode
from core.reply import Picture
from tests.bots.web.conftest import Site
from tests.fakes.speech import tone

SOUND = bytes(range(256)) * 8


async def _upload(site: Site, data: bytes, mime: str = "audio/webm", **headers: str) -> tuple[int, dict[str, str]]:
    sent = {"Origin": site.url.rstrip("/"), "Content-Type": mime, **headers}
    async with site.session.post(site.url + "upload", data=io.BytesIO(data), headers=sent) as answer:
        return answer.status, await answer.json()


async def test_the_page_names_a_conversation_once_and_guards_itself(site: Site) -> None:
    chat = await site.visit()
    assert await site.visit() == chat
    async with site.session.get(site.url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        cookie = answer.headers["Set-Cookie"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_a_forged_cookie_gets_a_new_conversation(site: Site) -> None:
    chat = await site.visit()
    forged = f"someone.{site.channel.seal.cookie(chat).split('.')[1]}"
    async with aiohttp.ClientSession(cookies={"sona": forged}) as session, session.get(site.url) as answer:
        fresh = answer.cookies["sona"].value
    assert site.channel.seal.chat(fresh) not in ("", "someone", chat)


async def test_every_file_the_page_names_is_there_and_unchanged_files_are_not_sent_again(site: Site) -> None:
    names = ("main.js", "link.js", "log.js", "lines.js", "quiz.js", "player.js", "recorder.js", "files.js")
    for name in (*names, "markup.js", "words.js", "dom.js", "style.css", "lines.css", "icon.svg", "sona.webmanifest"):
        async with site.session.get(site.url + "page/" + name) as answer:
            assert answer.status == 200, name
            tag = answer.headers["ETag"]
        async with site.session.get(site.url + "page/" + name, headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304


@pytest.mark.parametrize("name", ["nothing.js", "..%2f__init__.py", "%00", "index.html%00"])
async def test_what_is_not_of_the_page_is_not_there(site: Site, name: str) -> None:
    async with site.session.get(URL(site.url + "page/" + name, encoded=True)) as answer:
        assert answer.status == 404


async def test_an_uploaded_voice_note_becomes_an_event_and_is_read_back_in_ranges(site: Site) -> None:
    await site.visit()
    status, up = await _upload(site, SOUND, "audio/webm;codecs=opus")
    assert (status, up["mime"], up["size"]) == (200, "audio/webm", len(SOUND))
    page = await site.opens()
    await page.greets()
    audio = {"ref": up["ref"], "mime": up["mime"], "size": up["size"], "seconds": 1.5}
    await page.sends(t="event", id="12345678", body={"kind": "spoke", "audio": audio}, proof=up["proof"])
    frames = {frame["t"]: frame for frame in [await page.socket.receive_json(timeout=5) for _ in range(2)]}
    assert site.door.events[-1].body == Spoke(audio=Media(ref=up["ref"], mime="audio/webm", size=2048, seconds=1.5))
    link = site.url.rstrip("/") + frames["line"]["line"]["audio"]["href"]
    for wanted, got in (("bytes=0-9", SOUND[:10]), ("bytes=100-", SOUND[100:]), ("bytes=-5", SOUND[-5:])):
        async with site.session.get(link, headers={"Range": wanted}) as answer:
            assert (answer.status, await answer.read()) == (206, got)
    async with site.session.get(link, headers={"Range": "bytes=9999-"}) as answer:
        assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */2048")
    async with site.session.get(link) as answer:
        assert (answer.status, await answer.read()) == (200, SOUND)


async def test_a_blob_is_seen_by_its_own_conversation_only(site: Site) -> None:
    chat = await site.visit()
    ref = await site.channel.blobs.put(b"GIF89a", mime="image/gif")
    await site.channel.send(
        OutboundMessage(id="1", address=Address("web", chat), reply=Picture(media=Media(ref=ref, mime="image/gif")))
    )
    (line,) = await (await site.opens()).greets()
    link = site.url.rstrip("/") + line["media"]["href"]
    async with site.session.get(link) as answer:
        assert answer.status == 200
    for wrong in (link.replace("proof=", "proof=0"), link.split("?")[0]):
        async with site.session.get(wrong) as answer:
            assert answer.status == 404
    async with aiohttp.ClientSession() as stranger:
        async with stranger.get(link) as answer:
            assert answer.status == 404
        await (await stranger.get(site.url)).read()
        async with stranger.get(link) as answer:
            assert answer.status == 404


async def test_what_could_run_as_a_page_is_only_ever_saved(site: Site) -> None:
    await site.visit()
    for mime in ("text/html", "image/svg+xml", "application/xhtml+xml", "text/html\\evil"):
        _, up = await _upload(site, b"<script>alert(1)</script>", mime)
        async with site.session.get(site.url.rstrip("/") + up["href"]) as answer:
            assert answer.headers["Content-Disposition"] == "attachment"
            assert answer.content_type == "application/octet-stream"


async def test_an_upload_over_the_limit_is_refused(site: Site) -> None:
    await site.visit()
    too_large = 25 * 1024 * 1024 + 1
    assert (await _upload(site, b"x" * too_large))[0] == 413

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(too_large // 65536 + 1):
            yield b"x" * 65536

    headers = {"Origin": site.url.rstrip("/")}
    async with site.session.post(site.url + "upload", data=endless(), headers=headers) as answer:
        assert answer.status == 413


async def test_an_upload_needs_a_cookie_an_origin_and_something_in_it(site: Site) -> None:
    assert (await _upload(site, b"x"))[0] == 401
    await site.visit()
    assert (await _upload(site, b"x", Origin="https://evil.example"))[0] == 403
    assert (await _upload(site, b""))[0] == 400


async def _heard(site: Site, data: bytes, mime: str) -> str:
    """Where an uploaded note is had as MP3."""
    _, up = await _upload(site, data, mime)
    return site.url.rstrip("/") + up["href"] + "&as=mp3"


@pytest.mark.parametrize("mime", ["audio/ogg", "audio/webm"])
async def test_a_note_is_had_in_the_form_that_every_browser_plays(site: Site, mime: str) -> None:
    await site.visit()
    note = encode(tone(1.0), mime)
    link = await _heard(site, note.data, mime)
    async with site.session.get(link) as answer:
        assert (answer.status, answer.content_type) == (200, "audio/mpeg")
        made = await answer.read()
    assert abs(decode(made).seconds - 1.0) < 0.1
    async with site.session.get(link, headers={"Range": "bytes=2-5"}) as answer:
        assert (answer.status, await answer.read()) == (206, made[2:6])
    async with site.session.get(link.replace("proof=", "proof=0")) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(("data", "mime"), [(b"no sound", "audio/ogg"), (b"%PDF-1.7", "application/pdf")])
async def test_what_is_no_sound_is_not_made_into_any(site: Site, data: bytes, mime: str) -> None:
    await site.visit()
    async with site.session.get(await _heard(site, data, mime)) as answer:
        assert answer.status == 415

"""What Twilio calls beside the messages: reports, and files on loan."""

import aiohttp
import pytest

from bots.twilio.channel import LARGEST
from bots.twilio.errors import LOST
from core.address import Address
from core.errors import Refused
from core.fit import simpler
from core.media import Media
from core.outbound import OutboundMessage
from core.reply import Picture, Quiz, Text, Voice
from tests.bots.twilio.conftest import HERE, Book, Desk
from tests.fakes.twilio import LAN, Sent


async def _sound(book: Book, mime: str = "audio/ogg") -> Media:
    return Media(ref=await book.put(b"OggS", mime=mime), mime=mime, seconds=1.0)


async def _said(desk: Desk) -> Sent:
    await desk.account.channel.send(OutboundMessage(id="parcel 1", address=HERE, reply=Text(text="toki")))
    return desk.api.sent[-1]


async def test_what_became_of_a_message_is_noted_at_its_parcel(desk: Desk) -> None:
    sent = await _said(desk)
    for status in ("queued", "sent", "delivered"):
        assert await desk.api.reports(sent, status) == 200
    assert await desk.api.reports(sent, "undelivered", "30007") == 200
    why = "undelivered 30007: taken for spam by the carrier"
    assert desk.book.outcomes == [("parcel 1", "delivered"), ("parcel 1", why)]
    assert desk.counted[-3:] == ["text_outcome:delivered", "text_outcome:undelivered", "text_undelivered:30007"]


async def test_a_report_comes_again_while_it_cannot_be_noted(desk: Desk) -> None:
    sent = await _said(desk)
    desk.book.away = 5
    assert await desk.api.reports(sent, "delivered") == 200
    assert desk.book.outcomes == [("parcel 1", "delivered")]
    desk.book.away = 6
    assert await desk.api.reports(sent, "delivered") == 503


@pytest.mark.parametrize("code", ["30003", "30004", "30005", "30006", "30007", "30008", "30034", ""])
async def test_why_a_message_did_not_arrive_is_kept_in_plain_words(desk: Desk, code: str) -> None:
    assert await desk.api.reports(await _said(desk), "failed", code) == 200
    ((_, outcome),) = desk.book.outcomes
    assert outcome == f"undelivered {code}".strip() + (f": {LOST[code]}" if code in LOST else "")
    assert len(outcome) <= 60, "more is not kept"
    assert desk.counted[-1] == f"text_undelivered:{code if code in LOST else 'other'}"


async def test_an_end_of_the_messages_that_shows_late_is_noted(desk: Desk) -> None:
    assert await desk.api.reports(await _said(desk), "failed", "21610") == 200
    assert desk.book.ended == {HERE: "21610"}


async def test_forged_and_broken_reports_change_nothing(desk: Desk) -> None:
    sent = await _said(desk)
    fields = {"MessageSid": sent.sid, "MessageStatus": "delivered"}
    assert await desk.api.call(sent.report_to, fields, token="guessed") == 401
    assert await desk.api.call(sent.report_to.replace("#", "&x=1#"), {**fields, "MessageSid": "1"}) == 400
    assert await desk.api.call(sent.report_to, desk.api.form("toki")) == 200
    assert desk.book.outcomes == []
    assert {"webhook_forged:sms", "webhook_malformed:sms"} <= set(desk.counted)


async def test_a_voice_note_goes_out_in_a_form_that_phones_play(desk: Desk) -> None:
    voice = Voice(text="moku", audio=await _sound(desk.book))
    await desk.account.channel.send(OutboundMessage(id="k", address=HERE, reply=voice))
    await desk.api.carried()
    (sent,) = desk.api.to(LAN)
    assert (sent.body, sent.media) == ("", [(b"ID3OggS", "audio/mpeg")])
    assert desk.counted == [*["text_segments:MMS"] * 3, *["text_cost:MMS"] * 240]


async def test_a_question_and_a_picture_carry_their_file_with_the_first_words(desk: Desk) -> None:
    quiz = Quiz(id="q", question="What is said?", form="typed", audio=await _sound(desk.book, "audio/mpeg"))
    picture = Picture(media=Media(ref=await desk.book.put(b"png", mime="image/png"), mime="image/png"), text="moku")
    await desk.account.channel.send(OutboundMessage(id="k1", address=HERE, reply=quiz))
    await desk.account.channel.send(OutboundMessage(id="k2", address=HERE, reply=picture))
    await desk.api.carried()
    assert [(sent.body, sent.media) for sent in desk.api.to(LAN)] == [
        ("What is said?", [(b"OggS", "audio/mpeg")]),
        ("moku", [(b"png", "image/png")]),
    ]


async def test_where_no_files_can_be_sent_they_are_refused_so_that_the_words_go(desk: Desk) -> None:
    voice = Voice(text="moku", audio=await _sound(desk.book))
    with pytest.raises(Refused) as refused:
        await desk.account.channel.send(OutboundMessage(id="k", address=Address("sms", "+84912345678"), reply=voice))
    assert not refused.value.gone


@pytest.mark.parametrize(
    ("data", "mime"), [(b"x" * (LARGEST + 1), "image/png"), (b"webp", "image/webp"), (b"<svg/>", "image/svg+xml")]
)
async def test_a_file_that_would_fail_on_its_way_is_refused_so_that_the_words_go(
    desk: Desk, data: bytes, mime: str
) -> None:
    picture = Picture(media=Media(ref=await desk.book.put(data, mime=mime), mime=mime), text="moku")
    with pytest.raises(Refused) as refused:
        await desk.account.channel.send(OutboundMessage(id="k", address=HERE, reply=picture))
    assert not refused.value.gone
    assert desk.api.sent == []
    assert simpler(picture) == Text(text="moku")


@pytest.mark.parametrize(
    ("data", "mime", "code"),
    [(b"x" * 5_000_000, "image/png", "11751"), (b"webp", "image/webp", "12300"), (b"", "", "11200")],
    ids=["large", "strange", "gone"],
)
async def test_what_fails_on_its_way_is_told_only_later(desk: Desk, data: bytes, mime: str, code: str) -> None:
    desk.api.reporting = True
    ref = await desk.book.put(data, mime=mime) if data else "blob:gone"
    lending = desk.account.routes.lending
    report_to = f"{lending.public_url}/sms/status?parcel=p1"
    assert await desk.account.client.text(LAN, "moku", report_to=report_to, media=lending.address(ref))
    await desk.api.carried()
    assert desk.book.outcomes == [("p1", f"undelivered {code}")]


async def test_what_arrives_is_told_by_itself_too(desk: Desk) -> None:
    desk.api.reporting = True
    await _said(desk)
    await desk.api.carried()
    assert desk.book.outcomes == [("parcel 1", "delivered")]


async def test_a_sound_that_grows_too_large_is_refused(desk: Desk) -> None:
    sound = Media(ref=await desk.book.put(b"x" * LARGEST, mime="audio/ogg"), mime="audio/ogg")
    with pytest.raises(Refused):
        await desk.account.channel.send(OutboundMessage(id="k", address=HERE, reply=Voice(text="moku", audio=sound)))


async def test_a_file_is_lent_to_who_has_its_address_and_for_some_hours_only(desk: Desk) -> None:
    lending = desk.account.routes.lending
    ref, other = await desk.book.put(b"png", mime="image/png"), await desk.book.put(b"no", mime="image/png")
    url = lending.address(ref)
    swapped = url.replace(ref.replace(":", "%3A"), other.replace(":", "%3A"))
    later = url.replace("until=", "until=9")
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            assert (answer.status, await answer.read(), answer.content_type) == (200, b"png", "image/png")
        for wrong in (swapped, later, url[:-1], url.partition("?")[0], lending.address("blob:gone")):
            async with session.get(wrong) as answer:
                assert answer.status == 404, wrong
        desk.clock.pass_(13 * 3600)
        async with session.get(url) as answer:
            assert answer.status == 404

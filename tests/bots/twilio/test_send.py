"""Sending through the real SDK, and what its errors mean."""

import asyncio
from urllib.parse import urlencode

import pytest

from bots.twilio.segments import measure
from core.address import Address
from core.channel import Request
from core.deliver import Deliver
from core.errors import Failure, Refused, Throttled, Unreachable
from core.media import Media
from core.outbound import OutboundMessage
from core.phrases import phrase
from core.reply import Quiz, Text
from tests.bots.twilio.conftest import HERE, Desk, connected, settings
from tests.fakes.outbox import Shelf
from tests.fakes.twilio import LAN, SERVICE
from tests.fakes.twilio_rules import FINE, Wrong


async def _failing(desk: Desk, *, key: str = "k") -> Failure:
    with pytest.raises(Failure) as failing:
        await desk.account.channel.send(OutboundMessage(id=key, address=HERE, reply=Text(text="toki")))
    return failing.value


async def test_words_arrive_cheaply_written(desk: Desk) -> None:
    receipt = await desk.account.channel.send(
        OutboundMessage(id="k", address=HERE, reply=Text(text="It’s “moku” – eat…"))
    )
    (sent,) = desk.api.to(LAN)
    assert (sent.sid, sent.body) == (receipt, 'It\'s "moku" - eat...')
    assert desk.counted == ["text_segments:GSM-7", *["text_cost:GSM-7"] * 80]
    assert desk.book.cost == pytest.approx(0.008)


async def test_a_question_names_where_in_the_quiz_it_stands(desk: Desk) -> None:
    await desk.account.channel.send(
        OutboundMessage(id="k", address=HERE, reply=Quiz(id="q", question="moku?", form="typed", progress="1/5"))
    )
    assert desk.api.sent[0].body == "(1/5) moku?"


async def test_a_long_text_goes_in_messages_that_carriers_take(desk: Desk) -> None:
    await desk.account.channel.send(OutboundMessage(id="k", address=HERE, reply=Text(text="Một câu tiếng Việt. " * 60)))
    assert len(desk.api.sent) == 2
    assert all(measure(sent.body).segments <= 10 for sent in desk.api.sent)
    segments = sum(measure(sent.body).segments for sent in desk.api.sent)
    assert desk.book.spent[HERE, desk.clock.now().date()] == desk.counted.count("text_segments:UCS-2") == segments
    assert desk.book.cost == pytest.approx(segments * 0.008)
    assert sum(sent.segments for sent in desk.api.sent) == segments


async def test_a_retry_goes_on_after_what_went_through(desk: Desk) -> None:
    reply = Text(text="Một câu tiếng Việt. " * 60)
    desk.api.wrongs = [FINE, Wrong(503, 20503, "Service Unavailable")]
    with pytest.raises(Unreachable):
        await desk.account.channel.send(OutboundMessage(id="k", address=HERE, reply=reply))
    assert len(desk.api.sent) == 1
    await desk.account.channel.send(OutboundMessage(id="k", address=HERE, reply=reply))
    assert "".join("".join(sent.body for sent in desk.api.sent).split()) == "Mộtcâutiếng Việt.".replace(" ", "") * 60


async def test_who_has_ended_the_messages_gets_nothing_more_from_us(desk: Desk) -> None:
    await desk.book.withdraw(HERE, why="asked")
    failing = await _failing(desk)
    assert isinstance(failing, Refused)
    assert failing.gone
    assert desk.api.sent == []
    await desk.book.renew(HERE)
    assert await desk.account.channel.send(OutboundMessage(id="k", address=HERE, reply=Text(text="toki")))


async def _texts(desk: Desk, words: str, *, times: int = 1) -> None:
    fields = desk.api.form(words)
    for _ in range(times):
        events = desk.account.channel.parse(Request(body=urlencode(fields).encode()))
        for event in events:
            await desk.book.withdraw(event.address, why="asked")
        await desk.account.channel.acknowledge(events)


@pytest.mark.parametrize("words", ["Stop.", "stop all", "Opt out", '"opt-out"'])
@pytest.mark.parametrize("locale", ["en", "vi", "es"])
async def test_an_end_that_twilio_does_not_know_is_confirmed_once(desk: Desk, words: str, locale: str) -> None:
    desk.book.locale = locale
    await _texts(desk, words, times=2)
    assert [sent.body for sent in desk.api.sent] == [phrase("sms.ended", locale)]
    assert desk.book.spent[HERE, desk.clock.now().date()] == 1
    assert isinstance(await _failing(desk), Refused)


@pytest.mark.parametrize("words", ["STOP", " stop ", "Unsubscribe", "toki"])
async def test_an_end_that_twilio_confirms_by_itself_is_not_confirmed_again(desk: Desk, words: str) -> None:
    await _texts(desk, words)
    assert desk.api.sent == []


async def test_a_confirmation_that_does_not_go_out_is_no_harm_and_costs_nothing(desk: Desk) -> None:
    desk.api.wrongs = [Wrong(503, 20503, "Service Unavailable")]
    await _texts(desk, "Stop.")
    assert desk.api.sent == []
    assert desk.book.cost == 0


async def test_what_twilio_knows_of_an_end_is_noted(desk: Desk) -> None:
    desk.api.people.opted_out.add(LAN)
    failing = await _failing(desk)
    assert isinstance(failing, Refused)
    assert failing.gone
    assert desk.book.ended == {HERE: "21610"}
    assert desk.book.spent[HERE, desk.clock.now().date()] == 0
    assert desk.book.cost == 0


async def _uses_up_the_day(desk: Desk) -> None:
    for number in range(30):
        await desk.account.channel.send(OutboundMessage(id=f"k{number}", address=HERE, reply=Text(text="toki")))


@pytest.mark.parametrize("locale", ["en", "vi", "es"])
async def test_nobody_is_sent_more_in_a_day_than_is_set_and_the_last_message_says_so(desk: Desk, locale: str) -> None:
    desk.book.locale = locale
    await _uses_up_the_day(desk)
    for _ in range(3):
        failing = await _failing(desk)
        assert isinstance(failing, Refused)
        assert failing.gone
    bodies = [sent.body for sent in desk.api.sent]
    assert bodies == ["toki"] * 30 + [phrase("sms.enough", locale)]
    assert sum(measure(body).segments for body in bodies) <= 32
    assert desk.counted.count("daily_cap:sms") == 3
    desk.clock.pass_(86400)
    assert await desk.account.channel.send(OutboundMessage(id="next day", address=HERE, reply=Text(text="toki")))


async def test_last_words_that_do_not_go_out_are_tried_again(desk: Desk) -> None:
    await _uses_up_the_day(desk)
    desk.api.wrongs = [Wrong(503, 20503, "Service Unavailable")]
    assert isinstance(await _failing(desk), Unreachable)
    assert isinstance(await _failing(desk), Refused)
    assert [sent.body for sent in desk.api.sent][30:] == [phrase("sms.enough", "en")]


async def test_a_messaging_service_sends_by_its_id_alone(desk: Desk) -> None:
    desk.api.reporting = True
    here = desk.account.routes.lending.public_url
    service = connected(
        settings(desk.api, number=SERVICE, public_url=here), book=desk.book, clock=desk.clock, count=_ignored
    )
    await service.channel.send(OutboundMessage(id="k", address=HERE, reply=Text(text="toki")))
    await service.close()
    await desk.api.carried()
    assert [(sent.sender, sent.body) for sent in desk.api.sent] == [(SERVICE, "toki")]
    assert desk.book.outcomes == [("k", "delivered")]


@pytest.mark.parametrize(
    ("number", "code"), [(SERVICE[:-1] + "2", "21701"), ("MG1", "21705"), ("+15005550007", "21606")]
)
async def test_a_sender_that_is_not_ours_may_be_put_right(desk: Desk, number: str, code: str) -> None:
    other = connected(settings(desk.api, number=number), book=desk.book, clock=desk.clock, count=_ignored)
    with pytest.raises(Unreachable, match=code):
        await other.client.text(LAN, "toki")
    await other.close()


@pytest.mark.parametrize(
    ("wrong", "kind", "gone"),
    [
        (Wrong(400, 21211, "Invalid 'To'"), Refused, True),
        (Wrong(400, 21408, "no permission"), Refused, True),
        (Wrong(400, 21614, "no mobile"), Refused, True),
        (Wrong(400, 21617, "too long"), Refused, False),
        (Wrong(400, 21620, "bad media"), Refused, False),
        (Wrong(400, 21606, "not your number"), Unreachable, None),
        (Wrong(401, 20003, "Authenticate"), Unreachable, None),
        (Wrong(500, 20500, "Internal"), Unreachable, None),
        (Wrong(400, 21611, "queue full"), Throttled, None),
    ],
)
async def test_errors_mean_what_the_house_needs_to_know(
    desk: Desk, wrong: Wrong, kind: type[Failure], gone: bool | None
) -> None:
    desk.api.wrongs = [wrong]
    failing = await _failing(desk)
    assert type(failing) is kind
    assert getattr(failing, "gone", None) is gone


async def test_no_more_go_out_at_a_time_than_an_account_may_send(desk: Desk) -> None:
    most = desk.account.channel.capabilities.total_rate
    assert most is not None
    desk.api.at_once = most.limit
    desk.api.gate.clear()
    shelf = Shelf(desk.clock.now)
    deliver = Deliver(outbox=shelf, channels={"sms": desk.account.channel}, clock=desk.clock, count=_ignored)
    people = [Address("sms", f"+1415555{number:04}") for number in range(2 * most.limit)]
    for person in people:
        shelf.put(OutboundMessage(id=person.chat, address=person, reply=Text(text="toki")))
    delivering = [asyncio.create_task(deliver(person)) for person in people]
    async with asyncio.timeout(5):
        await desk.api.crowded.wait()
        await desk.account.client.identify()
        desk.api.gate.set()
        assert await asyncio.gather(*delivering) == [None] * len(people)
    assert {sent.to for sent in desk.api.sent} == {person.chat for person in people}


async def test_too_many_requests_wait_as_long_as_twilio_says(desk: Desk) -> None:
    desk.api.wrongs = [Wrong(429, 20429, "Too Many Requests", retry_after=3)]
    failing = await _failing(desk)
    assert isinstance(failing, Throttled)
    assert failing.retry_after == 3


async def test_the_fake_refuses_as_twilio_does(desk: Desk) -> None:
    desk.api.people.closed = ("+84",)
    desk.api.people.landlines = {"+14155550111"}
    for to, body, code in (
        ("+84912345678", "x", "21408"),
        ("+14155550111", "x", "21614"),
        ("4155550100", "x", "21211"),
        (LAN, "x" * 1601, "21617"),
        (LAN, "", "21602"),
    ):
        with pytest.raises(Refused, match=code):
            await desk.account.client.text(to, body)


async def test_a_wrong_token_is_told_by_the_greeting(desk: Desk) -> None:
    assert await desk.account.client.identify() == "Sona's account"
    other = connected(settings(desk.api, token="wrong"), book=desk.book, clock=desk.clock, count=_ignored)
    with pytest.raises(Unreachable, match="20003"):
        await other.client.identify()
    await other.close()


async def test_files_are_fetched_with_the_accounts_secret_and_from_nowhere_else(desk: Desk) -> None:
    url = desk.api.keep(b"jpeg", "image/jpeg")
    assert await desk.account.channel.fetch(Media(ref=url)) == b"jpeg"
    with pytest.raises(Refused, match="elsewhere"):
        await desk.account.channel.fetch(Media(ref="https://evil.example/2010-04-01/x"))
    with pytest.raises(Refused, match="elsewhere"):
        await desk.account.channel.fetch(Media(ref="https://api.twilio.com.evil.example/x"))
    with pytest.raises(Refused, match="no longer"):
        await desk.account.channel.fetch(Media(ref=f"{url}00"))


def _ignored(name: str, /, **labels: str) -> None:
    """Nothing is asked of the counters here."""

"""By text message: no buttons, a price for every word, and a right to be left alone."""

import asyncio
import re

import pytest
from sqlalchemy import text

from bots.twilio.segments import measure
from core.channel import Capabilities, LiveUpdates
from core.conversation import ClaimedTurn
from core.dialogue.draft import TurnDraft
from core.event import Tapped
from core.phrases import phrase
from core.reply import Choice, Quiz, Text
from tests.fakes.messaging import Street, echo
from tests.fakes.twilio import LAN, NUMBER
from tests.stories.clients.sms import SmsPhone
from tests.stories.conftest import Town
from tests.stories.conversation import Talk

_TURNS = text("SELECT id FROM turns")
_EVENTS = text("SELECT id FROM events")
_SPENT = text("SELECT spent, cost FROM allowances WHERE address = :address")
A, B = Choice(label="Begin", value="/lesson"), Choice(label="All courses", value="/courses")


def _offering(street: Street, *later: Text | Quiz) -> None:
    """Let the first turn offer two choices on a channel without buttons, with these replies behind them."""
    street.channel.capabilities = Capabilities(text_limit=1530)

    async def thinking(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        if len(street.mind.openings) == 1:
            return TurnDraft(conversation=claimed.conversation, replies=(Text(text="Hi", choices=(A, B)), *later))
        return await echo(claimed, live)

    street.mind.thinking = thinking


async def test_a_number_a_letter_or_the_words_take_the_choice_that_a_list_offers(street: Street) -> None:
    _offering(street)
    for number, typed in enumerate(("2", "b)", "all Courses")):
        street.mind.openings.clear()
        chat = str(number)
        await street.says("hello", chat)
        assert (await street.answers(chat))[0] == Text(text="Hi\n\n1. Begin\n2. All courses")
        await street.says(typed, chat)
        await street.answers(chat)
        assert [event.body for event in street.mind.openings[-1].events] == [Tapped(choice="/courses")]


async def test_words_that_name_no_choice_and_numbers_beyond_stay_words(street: Street) -> None:
    _offering(street)
    await street.says("hello")
    await street.answers()
    await street.says("3")
    assert (await street.answers())[-1] == Text(text="3")
    await street.says("2")
    assert (await street.answers())[-1] == Text(text="2"), "the list is over once something else was said"


async def test_a_question_after_the_list_and_buttons_leave_numbers_alone(street: Street) -> None:
    _offering(street, Quiz(id="q", question="moku?", form="typed"))
    await street.says("hello")
    await street.answers()
    await street.says("2")
    assert (await street.answers())[-1] == Text(text="2")
    street.channel.capabilities = Capabilities(text_limit=1530, buttons=3, label_limit=20, choice_bytes=60)
    street.mind.openings.clear()
    await street.says("hello", "other")
    await street.answers("other")
    await street.says("2", "other")
    assert (await street.answers("other"))[-1] == Text(text="2")


async def test_a_learner_texts_through_a_lesson_and_a_quiz(town: Town) -> None:
    talk = await town.meets("sms")
    await talk.says("START")
    await talk.hears(Text, "A. Start a lesson")
    await talk.says("start a lesson")
    await talk.hears(Text, "Unit 1 of 12")
    talk.forgets()
    await talk.says("quiz")
    asked = 0
    while (quiz := (await talk.state()).quiz) is not None and (question := quiz.current) is not None:
        talk.forgets()
        values = [choice.value for choice in question.choices]
        place = values.index(question.answers[0]) if question.answers[0] in values else -1
        await talk.says(question.answers[0] if place < 0 else "abcdefgh"[place] if asked % 2 else str(place + 1))
        asked += 1
    assert asked >= 8
    await talk.hears(Text, "Right!")
    assert town.twilio is not None
    assert any("8 of 8" in sent.body for sent in town.twilio.to(LAN))


async def test_after_stop_nothing_is_sent_until_start(town: Town) -> None:
    talk = await town.meets("sms")
    assert town.twilio is not None
    await talk.says("toki")
    before = len(town.twilio.to(LAN))
    assert before
    await talk.says("Stop")
    assert await talk.house.stores.consents.withdrawn(talk.phone.address)
    town.twilio.people.opted_out.clear()
    turns, kept = len(await talk.rows(_TURNS, {})), len(await talk.rows(_EVENTS, {}))
    for words in ("are you there?", "HELP"):
        assert await town.twilio.says(words) == 200
    await talk.settles()
    assert (len(await talk.rows(_TURNS, {})), len(await talk.rows(_EVENTS, {}))) == (turns, kept)
    await talk.house.passes(days=1)
    assert len(town.twilio.to(LAN)) == before
    await talk.says("yes")
    assert len(town.twilio.to(LAN)) > before
    assert not await talk.house.stores.consents.withdrawn(talk.phone.address)


async def test_a_stop_that_no_carrier_knows_is_confirmed_and_then_nothing_comes(town: Town) -> None:
    talk = await town.meets("sms", locale="es")
    assert town.twilio is not None
    await talk.says("hola")
    town.twilio.called.clear()
    await talk.says("Stop.")
    async with asyncio.timeout(5):
        await town.twilio.called.wait()
    assert [sent.body for sent in town.twilio.to(LAN)][-1] == phrase("sms.ended", "es")
    before = len(town.twilio.sent)
    assert await town.twilio.says("are you there?") == 200
    await talk.settles()
    assert len(town.twilio.sent) == before


async def test_a_stop_delivered_again_after_start_stops_nothing(town: Town) -> None:
    talk = await town.meets("sms")
    assert town.twilio is not None
    stop = town.twilio.form("STOP")
    for fields in (stop, town.twilio.form("START"), stop):
        assert await town.twilio.call(town.twilio.hook, fields) == 200
    await talk.settles()
    assert not await talk.house.stores.consents.withdrawn(talk.phone.address)


async def test_a_forged_text_is_kept_out_and_our_own_number_is_never_answered(town: Town) -> None:
    talk = await town.meets("sms")
    assert town.twilio is not None
    assert await town.twilio.call(town.twilio.hook, town.twilio.form("toki"), token="guessed") == 401
    assert await town.twilio.call(town.twilio.hook, town.twilio.form("toki", NUMBER)) == 200
    await talk.settles()
    assert town.twilio.sent == []


async def test_a_picture_texted_is_fetched_and_a_report_stands_at_its_parcel(town: Town) -> None:
    talk = await town.meets("sms")
    assert town.twilio is not None
    await talk.phone.shares("", "text/plain", b"moku means food")
    await talk.settles()
    sent = town.twilio.to(LAN)[0]
    assert await town.twilio.reports(sent, "undelivered", "30007") == 200
    (row,) = await talk.rows(text("SELECT outcome FROM outbound WHERE platform_id = :sid"), {"sid": sent.sid})
    assert row.outcome == "undelivered 30007: taken for spam by the carrier"


async def test_pictures_in_one_message_are_answered_once(town: Town) -> None:
    talk = await town.meets("sms")
    assert town.twilio is not None
    assert isinstance(talk.phone, SmsPhone)
    await talk.phone.shows(b"one", b"two", b"three")
    await talk.settles()
    told = [sent.body for sent in town.twilio.to(LAN)]
    assert sum("I am reading" in body for body in told) == 1


async def test_a_voice_is_heard_as_a_file_by_who_asked_for_it(town: Town) -> None:
    talk = await town.meets("sms")
    await talk.says("/voice on")
    talk.forgets()
    await talk.says("thanks")
    assert town.twilio is not None
    await town.twilio.carried()
    sounds = [sound for sent in town.twilio.to(LAN) for sound in sent.media]
    assert sounds
    assert all(mime == "audio/mpeg" and len(data) > 1000 for data, mime in sounds)


async def test_a_day_ends_with_a_word_in_the_persons_language_and_its_cost_is_kept(town: Town) -> None:
    talk = await town.meets("sms", sms_daily_segments=12, sms_segment_price=0.01)
    assert town.twilio is not None
    await talk.says("/language vi")
    for _ in range(12):
        await talk.says("/stop")
    bodies = [sent.body for sent in town.twilio.to(LAN)]
    assert bodies.count(phrase("sms.enough", "vi")) == 1
    assert bodies[-1] == phrase("sms.enough", "vi")
    (row,) = await talk.rows(_SPENT, {"address": str(talk.phone.address)})
    segments = sum(measure(body).segments for body in bodies)
    assert (row.spent, row.cost) == (12, pytest.approx(segments * 0.01))
    await talk.house.passes(days=1)
    await talk.says("/stop")
    assert len(town.twilio.to(LAN)) == len(bodies) + 1


async def test_where_no_sound_can_be_sent_its_words_are_and_can_be_answered(town: Town) -> None:
    house = (await town.meets("sms")).house
    assert town.twilio is not None
    talk = Talk(house, SmsPhone(town.twilio, house.taking.wait, number="+84912345678", locale="vi"))
    await talk.says("/quiz 1")
    heard = 0
    while (quiz := (await talk.state()).quiz) is not None and (question := quiz.current) is not None:
        if question.form == "listening":
            assert re.search(rf"[“\"]{question.say}[”\"]", (await talk.phone.shown(""))[-1])
            heard += 1
        await talk.says("bỏ qua")
    assert heard
    assert not any(sent.media for sent in town.twilio.sent)

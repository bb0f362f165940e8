"""What Telegram does to people and to us: webhooks, waiting, blocking, marks where they can be seen."""

from core.reply import Mark, Quiz, Text
from tests.street.conftest import Town
from tests.street.phones.telegram import TelegramPhone
from tests.street.talk import Talk


async def met(town: Town, *, hooked: bool = False) -> tuple[Talk, TelegramPhone]:
    talk = await town.meets("telegram", hooked=hooked)
    phone = talk.phone
    assert isinstance(phone, TelegramPhone)
    return talk, phone


async def test_called_by_webhook_it_answers_the_same(town: Town) -> None:
    talk, phone = await met(town, hooked=True)
    assert phone.api.hook.endswith("/telegram")
    await talk.says("/start")
    await talk.hears(Text, "Sona")
    await talk.taps("Start a lesson")
    await talk.hears(Text, "Unit 1 of 12")
    assert all(phone.api.callbacks.values())


async def test_told_to_wait_it_waits_and_says_everything_in_order(town: Town) -> None:
    talk, phone = await met(town)
    phone.api.refuse("sendMessage", 429, "Too Many Requests: retry after 600", retry_after=600)
    await talk.says("/lesson")
    talk.hears_nothing_more()
    await talk.says("/progress")
    talk.hears_nothing_more()
    await talk.house.passes(seconds=601)
    await talk.settles()
    await talk.hears(Text, "Unit 1 of 12")
    await talk.hears(Text, "**moku**")
    await talk.hears(Text, "Nothing learned yet")
    talk.hears_nothing_more()


async def test_who_blocks_it_hears_nothing_and_who_comes_back_is_answered(town: Town) -> None:
    talk, phone = await met(town)
    phone.chat.refusal = "bot was blocked by the user"
    await talk.says("/lesson")
    talk.hears_nothing_more()
    phone.chat.refusal = ""
    await talk.says("/progress")
    await talk.hears(Text, "Nothing learned yet")
    talk.hears_nothing_more()


async def test_a_verdict_stands_where_it_is_seen(town: Town) -> None:
    talk = await town.meets("telegram")
    await talk.says("/quiz 1")
    await talk.hears(Text)
    seen: set[str] = set()
    while (quiz := (await talk.state()).quiz) is not None and (question := quiz.current) is not None and len(seen) < 2:
        asked = (await talk.hears(Quiz), talk.receipt)[1]
        picks = bool(question.choices) and question.form != "ordering"
        await (talk.taps(question.choices[0].label) if picks else talk.says("I don't know"))
        await talk.hears(Mark)
        assert (talk.receipt == asked) is picks
        seen.add("picked" if picks else "written")
    assert len(seen) == 2

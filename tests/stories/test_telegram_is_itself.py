"""What Telegram does to people and to us: webhooks, waiting, blocking, marks where they can be seen."""

from sqlalchemy import text

from core.reply import Mark, Quiz, Text
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.scripted_stream import Say
from tests.stories.clients.telegram import TelegramPhone
from tests.stories.conftest import Town
from tests.stories.conversation import Talk

_PARCELS = text("SELECT payload FROM outbound WHERE address = :address ORDER BY seq")


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


async def _to_a_poll(talk: Talk) -> Quiz:
    """Answer until a question stands there as a poll."""
    while True:
        asked = await talk.hears(Quiz)
        if talk.receipt.startswith("poll:"):
            return asked
        await talk.says("I don't know")
        await talk.hears(Mark)


async def test_a_choice_is_a_quiz_poll_and_its_verdict_is_the_polls_own(town: Town) -> None:
    talk, phone = await met(town, hooked=True)
    await talk.says("/quiz 2")
    await talk.hears(Text)
    asked = await _to_a_poll(talk)
    await talk.taps(next(choice.label for choice in asked.choices if choice.value == asked.right))
    marked = await talk.hears(Mark)
    assert (marked.correct, marked.judged) == (True, True)
    assert not any("Right!" in text for text in phone.chat.texts)
    state = await talk.state()
    assert state.quiz is not None
    assert state.quiz.verdicts[-1].correct


async def test_a_vote_in_a_poll_whose_sending_was_never_confirmed_is_answered_with_the_question(town: Town) -> None:
    talk, phone = await met(town, hooked=True)
    phone.api.lose("sendPoll")
    await talk.says("/quiz 2")
    await talk.hears(Text)
    while not phone.api.made("sendPoll"):
        await talk.hears(Quiz)
        await talk.says("I don't know")
        await talk.hears(Mark)
    await talk.house.passes(seconds=60)
    await talk.settles()
    asked = await talk.hears(Quiz)
    first, second = [number for number, message in phone.chat.messages.items() if "poll" in message]
    assert phone.chat.messages[first]["poll"]["question"] == phone.chat.messages[second]["poll"]["question"]
    await phone.votes(asked.choices[0], first)
    await talk.settles()
    await talk.hears(Text, "behind us already")
    assert (await talk.hears(Quiz)).question == asked.question
    await talk.taps(next(choice.label for choice in asked.choices if choice.value == asked.right))
    assert (await talk.hears(Mark)).correct


async def test_a_poll_answered_in_words_is_closed_and_the_verdict_said(town: Town) -> None:
    talk, phone = await met(town)
    await talk.says("/quiz 2")
    await talk.hears(Text)
    asked = await _to_a_poll(talk)
    number = int(talk.receipt.rpartition(":")[2])
    await talk.says(next(choice.label for choice in asked.choices if choice.value == asked.right))
    await talk.hears(Mark, "Right!")
    assert phone.chat.messages[number]["poll"]["is_closed"]


async def test_in_a_group_the_first_vote_counts_and_nobody_is_told_off(town: Town) -> None:
    talk = await town.meets("telegram", chat=-100200)
    phone = talk.phone
    assert isinstance(phone, TelegramPhone)
    await talk.says("/quiz@SonaBot 2")
    await talk.hears(Text)
    while not (await talk.hears(Quiz)).right or not talk.receipt.startswith("poll:"):
        await talk.says("@SonaBot I don't know")
        await talk.hears(Mark)
    state = await talk.state()
    assert state.quiz is not None
    question = state.quiz.current
    assert question is not None
    right, wrong = sorted(question.choices, key=lambda choice: choice.value != question.answers[0])[:2]
    receipt = talk.receipt
    await phone.taps(right, receipt, sender=8)
    await talk.settles()
    assert (await talk.hears(Mark)).correct
    await talk.hears(Quiz)
    await phone.taps(wrong, receipt, sender=9)
    await talk.settles()
    talk.hears_nothing_more()


async def test_what_a_mention_answers_reaches_the_model_and_a_mention_alone_gets_the_help(
    town: Town, claude: FakeAnthropic
) -> None:
    talk = await town.meets("telegram", chat=-100200, claude=claude)
    phone = talk.phone
    assert isinstance(phone, TelegramPhone)
    claude.add(Say("It means that I eat."))
    minh = {"id": 8, "is_bot": False, "first_name": "Minh"}
    theirs = {"message_id": 1, "date": 1700000000, "chat": {"id": -100200, "type": "supergroup"}, "from": minh}
    await phone.writes("@SonaBot explain this", reply_to_message=theirs | {"text": "mi moku"})
    await phone.arrived()
    await talk.settles()
    await talk.hears(Text, "It means that I eat.")
    assert "> mi moku\n\nexplain this" in claude.requests[-1]["messages"][-1]["content"][-1]["text"]
    await talk.says("@SonaBot")
    await talk.hears(Text, "/quiz")


async def test_changed_words_are_answered_once_more_and_a_touch_is_not(town: Town) -> None:
    talk, phone = await met(town)
    await phone.writes("/progres", message_id=900)
    await phone.arrived()
    await talk.settles()
    await talk.hears(Text, "I do not know the command")
    for words in ("/progres", "/progress", "/progress"):
        await phone.edits(words, 900)
    await talk.settles()
    await talk.hears(Text, "Nothing learned yet")
    talk.hears_nothing_more()


async def test_an_album_is_spoken_of_once(town: Town) -> None:
    talk, phone = await met(town)
    for number in range(4):
        await phone.shows(f"photo{number}", album="135", caption="" if number else "my homework")
    await talk.settles()
    await talk.hears(Text, "I am reading what you sent")
    told = [row.payload["is"] for row in await talk.rows(_PARCELS, {"address": str(phone.address)})]
    assert sum("I am reading" in reply["text"] for reply in told) == 1
    assert len(told) <= 2


async def test_what_has_no_words_is_answered_in_the_persons_language(town: Town) -> None:
    talk = await town.meets("telegram", locale="es")
    phone = talk.phone
    assert isinstance(phone, TelegramPhone)
    await phone.sends(location={"latitude": 10.7, "longitude": 106.7})
    await talk.settles()
    await talk.hears(Text, "No puedo ver mapas")
    await phone.sends(dice={"emoji": "🎲", "value": 4})
    await talk.settles()
    await talk.hears(Text, "🎲 4 ¡Buena tirada!")


async def test_stop_for_another_bot_stops_nothing_here(town: Town) -> None:
    talk = await town.meets("telegram", chat=-100200)
    phone = talk.phone
    assert isinstance(phone, TelegramPhone)
    await talk.says("/quiz@SonaBot 2")
    talk.forgets()
    await phone.api.says("/stop@OtherBot", phone.chat.id)
    await talk.says("@SonaBot I don't know")
    await talk.hears(Mark)
    talk.forgets()
    await talk.says("/stop@SonaBot")
    assert (await talk.state()).quiz is None


async def test_the_menu_stands_in_every_language_and_is_shorter_in_groups(town: Town) -> None:
    _, phone = await met(town)
    offered = phone.api.commands
    assert set(offered) == {(scope, tag) for scope in ("default", "all_group_chats") for tag in ("", "es", "vi")}
    assert {"start", "quiz", "language"} <= set(offered["default", "vi"])
    assert {"quiz", "stop"} <= set(offered["all_group_chats", "vi"])
    assert not {"start", "language"} & set(offered["all_group_chats", "vi"])


async def test_a_deep_link_opens_its_course(town: Town) -> None:
    talk, _ = await met(town)
    await talk.says("/start course-toki-pona")
    await talk.hears(Text, "Toki Pona")
    assert (await talk.state()).course == "toki-pona"

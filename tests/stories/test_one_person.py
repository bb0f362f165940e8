"""One person on two channels: joined by a code, going on where they left off, parted, handed everything, forgotten."""

import io
import re
import zipfile

import aiohttp
import pytest
from sqlalchemy import text

from core.reply import Document, Mark, Quiz, Text
from tests.storage.rows import holders
from tests.stories.clients.telegram import TelegramPhone
from tests.stories.conftest import Town
from tests.stories.conversation import Talk

_SENT = text("SELECT id FROM outbound WHERE address = :address AND state = 'sent'")


async def code(talk: Talk) -> str:
    await talk.says("/link")
    told = await talk.hears(Text, "Your code is")
    found = re.search(r"/link ([A-Z2-9]{8})", told.text)
    assert found
    return found[1]


async def joined(owner: Talk, guest: Talk) -> None:
    """The guest says the owner's code and agrees."""
    owner.forgets()
    secret = await code(owner)
    guest.forgets()
    await guest.says(f"/link {secret}")
    await guest.hears(Text, "Shall I join them?")
    await guest.taps("Yes")
    await guest.hears(Text, "Done: you are one person on")
    await owner.house.rooms.sweep()
    await owner.settles()
    await owner.hears(Text, "You are now one person with who just wrote to me on")


@pytest.fixture
async def lan(town: Town) -> tuple[Talk, Talk]:
    """One who studies in Telegram and looks into the web chat as a stranger."""
    phone = await town.meets("telegram")
    return phone, await town.meets("web")


async def test_a_quiz_begun_on_one_channel_is_ended_on_the_other(lan: tuple[Talk, Talk]) -> None:
    phone, page = lan
    await phone.says("what is li?")
    phone.forgets()
    await phone.says("/quiz 3")
    await phone.hears(Text)
    asked = await phone.hears(Quiz)
    page.forgets()
    secret = await code(phone)
    await page.says(f"/link {secret.lower()[:4]} {secret[4:]}")
    preview = await page.hears(Text, "You are **Lan** on Telegram (cards: 0", "Shall I join them?")
    assert [choice.label for choice in preview.choices] == ["Yes", "No"]
    await page.says("yes")
    await page.hears(Text, "you are one person on Telegram, the web chat")
    await page.hears(Text, "You were in the middle of the quiz", "on Telegram. Shall we go on?")
    await page.taps("Go on")
    await page.hears(Text, "We go on from Telegram", "what is li?")
    again = await page.hears(Quiz)
    assert (again.question, again.choices) == (asked.question, asked.choices)
    await page.says("I don't know")
    await page.hears(Mark)
    page.forgets()
    await page.says("stop")
    await page.hears(Text)
    await phone.taps_choice(asked.choices[0]) if asked.choices else await phone.says("/progress")
    assert (await phone.state()).quiz is None
    phone.forgets()
    await phone.says("/progress")
    await phone.hears(Text, "Toki Pona")


async def test_a_code_stands_in_what_is_said_and_sent_and_nowhere_in_what_is_remembered(lan: tuple[Talk, Talk]) -> None:
    phone, page = lan
    for talk in (phone, page):
        talk.forgets()
        assert set(await holders(talk.house.stores.database, await code(talk))) <= {"outbound", "feed"}


@pytest.mark.parametrize("channel", ["telegram", "discord", "sms", "terminal"])
async def test_whatever_the_channel_a_code_from_the_web_joins_it(town: Town, channel: str) -> None:
    guest = await town.meets(channel)
    page = await town.meets("web")
    await page.says("/lesson 2")
    page.forgets()
    secret = await code(page)
    guest.forgets()
    await guest.says(secret if channel == "sms" else f"/link {secret}")
    await _agrees(guest, await guest.hears(Text, "on the web chat", "Shall I join them?"))
    await guest.hears(Text, "you are one person on", "the web chat")
    await guest.hears(Text, "You were in the middle of unit 2", "Shall we go on?")
    await guest.says("/continue")
    await guest.hears(Text, "We go on from the web chat: unit 2")
    await guest.says("/unlink")
    await _agrees(guest, await guest.hears(Text, "stay with you on the web chat"))
    await guest.hears(Text, "begin anew here")
    guest.hears_nothing_more()


async def _agrees(talk: Talk, asked: Text) -> None:
    """As people do; where others can write in their name, by the number that only they were sent."""
    number = re.search(r"reply with (\d{6})\.$", asked.text)
    assert bool(number) == (talk.phone.address.channel == "sms")
    await talk.says(number[1] if number else "yes")


async def test_who_writes_in_somebody_elses_name_by_text_neither_joins_nor_forgets_them(town: Town) -> None:
    victim, page = await town.meets("sms"), await town.meets("web")
    page.forgets()
    secret = await code(page)
    for said, asked in ((f"/link {secret}", "Shall I join them?"), ("forget me", "Shall I forget you?")):
        victim.forgets()
        await victim.says(said)
        await victim.hears(Text, asked)
        for guess in ("1", "yes", "forget me", "123456"):
            victim.forgets()
            await victim.says(guess)
    rows = await page.rows(text("SELECT count(DISTINCT learner_id) AS people FROM identities"), {})
    assert [row.people for row in rows] == [2]


async def test_who_comes_back_is_asked_whether_to_go_on(lan: tuple[Talk, Talk]) -> None:
    phone, page = lan
    await joined(phone, page)
    await phone.says("/lesson 3")
    page.forgets()
    await page.says("/start")
    await page.hears(Text, "You were in the middle of unit 3 of Toki Pona", "on Telegram")
    await page.taps("Go on")
    await page.hears(Text, "We go on from Telegram: unit 3")
    assert (await page.state()).unit == (await phone.state()).unit


async def test_a_code_that_nobody_gave_joins_nobody_and_a_no_is_a_no(lan: tuple[Talk, Talk]) -> None:
    phone, page = lan
    page.forgets()
    await page.says("/link ABCD2345")
    await page.hears(Text, "I know no such code")
    secret = await code(phone)
    await phone.says(f"/link {secret}")
    await phone.hears(Text, "That is your own code")
    await page.says(f"/link {secret}")
    await page.hears(Text, "Shall I join them?")
    await page.taps("No")
    await page.hears(Text, "nothing is joined")
    await page.says(f"/link {secret}")
    await page.hears(Text, "I know no such code")
    for _ in range(4):
        await page.says("/link WRONG234")
    page.forgets()
    await page.says(f"/link {await code(phone)}")
    await page.hears(Text, "too many wrong codes")


async def test_a_deep_link_carries_the_code_to_who_comes_for_the_first_time(town: Town) -> None:
    await town.builds(telegram=True)
    page = await town.meets("web")
    page.forgets()
    secret = await code(page)
    phone = await town.meets("telegram")
    await phone.says(f"/start link-{secret}")
    await phone.hears(Text, "on the web chat", "Shall I join them?")
    await phone.taps("Yes")
    await phone.hears(Text, "one person on Telegram, the web chat")


async def test_a_channel_that_leaves_begins_anew(lan: tuple[Talk, Talk]) -> None:
    phone, page = lan
    await page.says("/unlink")
    page.forgets()
    await page.says("/unlink")
    await page.hears(Text, "No other channel is joined")
    await joined(phone, page)
    page.forgets()
    await page.says("/lesson 2")
    page.forgets()
    await page.says("/unlink")
    await page.hears(Text, "stay with you on Telegram", "Shall this channel leave?")
    await page.says("no")
    await page.hears(Text, "nothing has changed")
    await page.says("/unlink")
    await page.hears(Text)
    await page.taps("Yes")
    await page.hears(Text, "begin anew here")
    assert (await page.state()).unit == ""
    await page.says("/continue")
    await page.hears(Text, "There is no other channel")


async def test_everything_is_handed_out_as_a_file(lan: tuple[Talk, Talk]) -> None:
    phone, page = lan
    await phone.says("zirkon and moku")
    await joined(phone, page)
    phone.forgets()
    await phone.says("/mydata")
    document = await phone.hears(Document, "everything I keep about you (cards: 0")
    assert isinstance(phone.phone, TelegramPhone)
    file = phone.phone.chat.messages[int(phone.receipt)]["document"]
    with zipfile.ZipFile(io.BytesIO(phone.phone.api.files[file["file_id"]][1])) as archive:
        assert "zirkon and moku" in archive.read("records.json").decode()
    assert document.media.name == "sona-2026-11-21.zip"
    page.forgets()
    await page.says("/mydata")
    await page.hears(Document)


async def test_where_no_file_can_be_sent_its_address_is_good_once(town: Town) -> None:
    phone = await town.meets("sms")
    await phone.says("/mydata")
    told = await phone.hears(Text, "This channel carries no files")
    url = told.text.rpartition(" ")[2]
    assert url.startswith(f"{phone.house.url}file/")
    assert await holders(phone.house.stores.database, url.rpartition("/")[2]) == ["outbound"]
    async with aiohttp.ClientSession() as browser:
        async with browser.post(url) as answer:
            kept = io.BytesIO(await answer.read())
        with zipfile.ZipFile(kept) as archive:
            assert "/mydata" in archive.read("records.json").decode()
        async with browser.post(url) as again:
            assert again.status == 404


async def test_who_is_forgotten_on_one_channel_is_forgotten_on_all(lan: tuple[Talk, Talk]) -> None:
    phone, page = lan
    database = phone.house.stores.database
    await phone.says("zirkon")
    await joined(phone, page)
    phone.forgets()
    await phone.says("/forget me")
    await phone.hears(Text, "on Telegram, the web chat: cards: 0", "cannot be undone")
    await phone.taps("No, keep it")
    await phone.hears(Text, "nothing has changed")
    assert await holders(database, "zirkon")
    await phone.says("forget me")
    await phone.hears(Text, "Shall I forget you?")
    await phone.says("Forget me.")
    await phone.house.rooms.sweep()
    await phone.settles()
    receipt = phone.phone.chat.texts[-1] if isinstance(phone.phone, TelegramPhone) else ""
    assert receipt.startswith("You are forgotten. On 2026-11-21 ")
    await phone.house.passes(hours=2)
    for trace in ("zirkon", "Lan", page.phone.address.chat, "telegram:7"):
        assert await holders(database, trace) == []
    await page.phone.says("hello again")
    await page.house.settles()
    shown = await page.rows(_SENT, {"address": str(page.phone.address)})
    assert shown


async def test_a_code_that_was_said_in_a_group_joins_nobody(town: Town) -> None:
    group = await town.meets("telegram", chat=-100200)
    page = await town.meets("web")
    page.forgets()
    secret = await code(page)
    group.forgets()
    await group.says(f"/link@SonaBot {secret}")
    await group.hears(Text, "Others here could read that code")
    phone = await town.meets("telegram")
    phone.forgets()
    await phone.says(f"/link {secret}")
    await phone.hears(Text, "I know no such code")


async def test_where_a_lesson_is_under_way_is_found_though_people_talked_elsewhere_since(town: Town) -> None:
    phone = await town.meets("telegram")
    page, terminal = await town.meets("web"), await town.meets("terminal")
    await phone.says("/lesson 3")
    for guest in (page, terminal):
        await joined(phone, guest)
    await page.says("hello there")
    terminal.forgets()
    await terminal.says("/continue")
    await terminal.hears(Text, "We go on from Telegram: unit 3")


async def test_what_is_personal_is_not_said_in_a_group(town: Town) -> None:
    talk = await town.meets("telegram", chat=-100200)
    for asked in ("link", "link ABCD2345", "unlink", "mydata", "forget", "continue"):
        talk.forgets()
        await talk.says(f"/{asked.replace(' ', '@SonaBot ', 1) if ' ' in asked else asked + '@SonaBot'}")
        await talk.hears(Text, "in a private chat")

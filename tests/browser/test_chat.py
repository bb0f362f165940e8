"""The web chat in a real browser, over the real feed."""

import re

from playwright.async_api import Browser, expect

from core.event import Said, Spoke, Stopped
from tests.browser.conftest import House
from tests.browser.story import Script, Visitor, hears_a_voice_note, whole_story

SCRIPT = Script(
    greeting="Hello! I’m Sona.",
    lesson="lesson",
    lesson_shows="Unit 1 · Eating and drinking",
    question="what does e do?",
    answer_shows="marks what the action is done to",
    source="Unit 2",
    quote="The particle e comes before",
    quiz="quiz",
    quiz_shows="What does moku mean?",
    wrong="water",
    right="to eat",
    voice="say it",
    voice_shows="A person eats.",
)


async def test_a_lesson_a_question_a_quiz_a_voice_note_and_all_of_it_again_after_a_reload(
    house: House, browser: Browser
) -> None:
    context = await browser.new_context()
    await whole_story(await Visitor.at(context, house.url), SCRIPT)


async def test_a_server_killed_and_started_again_loses_and_doubles_nothing(house: House, browser: Browser) -> None:
    visitor = await Visitor.at(await browser.new_context(), house.url)
    await visitor.hears(SCRIPT.greeting)
    await visitor.says("one")
    await visitor.hears("You said: one")
    await visitor.says("long")
    await expect(visitor.page.locator("#draft")).to_contain_text("long on purpose")
    house.kill()
    await visitor.says("two")
    await visitor.says("three")
    await expect(visitor.page.locator(".waiting")).to_have_count(2)
    await expect(visitor.page.locator("#state")).to_contain_text("Offline")
    house.brain.gate.set()
    await house.start()
    await visitor.hears("You said: three")
    await expect(visitor.page.locator(".waiting")).to_have_count(0)
    found = await visitor.lines()
    said = ["one", "long", "two", "three", "The long answer is done."] + [
        f"You said: {n}" for n in ("one", "two", "three")
    ]
    assert sorted(found[1:]) == sorted(said)
    assert [line for line in found if line in ("one", "long", "two", "three")] == ["one", "long", "two", "three"]
    await visitor.page.reload()
    await visitor.hears("You said: three")
    assert await visitor.lines() == found


async def test_words_said_while_the_server_is_away_survive_a_closed_tab(house: House, browser: Browser) -> None:
    context = await browser.new_context()
    visitor = await Visitor.at(context, house.url)
    await visitor.hears(SCRIPT.greeting)
    house.kill()
    await visitor.says("remember me")
    await expect(visitor.page.locator(".waiting")).to_have_count(1)
    await visitor.page.close()
    await house.start()
    again = await Visitor.at(context, house.url)
    await again.hears("You said: remember me")
    assert sum(isinstance(event.body, Said) for event in house.brain.events) == 1


async def test_two_tabs_show_the_same_conversation_and_another_visitor_does_not(house: House, browser: Browser) -> None:
    context = await browser.new_context()
    one = await Visitor.at(context, house.url)
    await one.hears(SCRIPT.greeting)
    two = await Visitor.at(context, house.url)
    stranger = await Visitor.at(await browser.new_context(), house.url)
    await one.says("a secret")
    await two.hears("You said: a secret")
    await two.says("from the other tab")
    await one.hears("You said: from the other tab")
    assert await one.lines() == await two.lines()
    await stranger.hears(SCRIPT.greeting)
    assert len(await stranger.lines()) == 1


async def test_words_said_while_the_network_is_away_are_answered_when_it_is_back(
    house: House, browser: Browser
) -> None:
    visitor = await Visitor.at(await browser.new_context(), house.url)
    await visitor.hears(SCRIPT.greeting)
    await visitor.page.context.set_offline(True)
    await visitor.says("while offline")
    await expect(visitor.page.locator("#state")).to_contain_text("Offline")
    await visitor.page.context.set_offline(False)
    await visitor.hears("You said: while offline")


async def test_the_keyboard_alone_is_enough(house: House, browser: Browser) -> None:
    visitor = await Visitor.at(await browser.new_context(), house.url)
    page = visitor.page
    await visitor.hears(SCRIPT.greeting)
    await page.keyboard.type("quiz")
    await page.keyboard.press("Enter")
    first = await visitor.card()
    await page.locator("#scroll").focus()
    await page.keyboard.press("2")
    await expect(first.locator(".option.right")).to_contain_text("to eat")
    await visitor.hears("Put in order")
    for piece in ("jan", "li", "moku"):
        await page.locator(".tray .tile", has_text=re.compile(f"^{piece}$")).focus()
        await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Check").focus()
    await page.keyboard.press("Enter")
    await visitor.hears("How do you say")
    await expect(page.locator("#words")).to_have_attribute("placeholder", "Your answer")
    await page.locator("#words").focus()
    await page.keyboard.type("telo")
    await page.keyboard.press("Enter")
    await visitor.hears("2 of 3")
    await expect(page.locator(".card.right")).to_have_count(3)


async def test_a_letter_answers_too_and_once_only(house: House, browser: Browser) -> None:
    visitor = await Visitor.at(await browser.new_context(), house.url)
    await visitor.says("quiz")
    card = await visitor.card()
    await visitor.page.locator("#scroll").focus()
    for key in ("a", "b", "a"):
        await visitor.page.keyboard.press(key)
    await expect(card.locator(".option.wrong")).to_contain_text("water")
    await visitor.hears("Put in order")
    assert (await visitor.lines()).count("water") == 0
    assert sum(getattr(event.body, "choice", "").startswith("q:") for event in house.brain.events) == 1


async def test_everything_fits_on_a_screen_of_320_pixels(house: House, browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 568}, has_touch=True)
    visitor = await Visitor.at(context, house.url)
    for text, shows in (
        ("lesson", "As a noun"),
        ("what does e do?", "Word list"),
        ("quiz", "to eat"),
        ("say it", "A person eats."),
    ):
        await visitor.says(text)
        await visitor.hears(shows)
        assert await visitor.width_over() == 0
    box = await visitor.page.locator("#composer").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 568


async def test_a_long_reply_is_read_from_its_beginning_and_a_question_is_seen_whole(
    house: House, browser: Browser
) -> None:
    visitor = await Visitor.at(await browser.new_context(viewport={"width": 320, "height": 480}), house.url)
    page = visitor.page
    await visitor.says("lesson")
    lesson = await visitor.hears("As a noun")
    place = "line => line.getBoundingClientRect().top - document.querySelector('#scroll').getBoundingClientRect().top"
    await page.wait_for_function(f"line => Math.abs(({place})(line) - 12) < 3", arg=await lesson.element_handle())
    await page.locator("#down").click()
    await expect(page.locator("#down")).to_be_hidden()
    await visitor.says("quiz")
    await (await visitor.card()).locator(".option").first.click()
    await visitor.hears("Put in order")
    card = await (await visitor.card()).element_handle()
    seen = "document.querySelector('#composer').getBoundingClientRect().top"
    await page.wait_for_function(f"card => card.getBoundingClientRect().bottom < {seen}", arg=card)


async def test_stop_ends_what_is_being_written(house: House, browser: Browser) -> None:
    visitor = await Visitor.at(await browser.new_context(), house.url)
    await visitor.says("long")
    await expect(visitor.page.locator("#draft")).to_contain_text("long on purpose")
    await visitor.page.get_by_role("button", name="Stop").click()
    await visitor.hears("I stopped.")
    await expect(visitor.page.locator("#draft")).to_be_hidden()
    await expect(visitor.page.locator("#stop")).to_be_hidden()
    assert any(isinstance(event.body, Stopped) for event in house.brain.events)


async def test_a_voice_note_is_recorded_and_can_be_played_by_who_said_it(house: House, browser: Browser) -> None:
    visitor = await Visitor.at(await browser.new_context(permissions=["microphone"]), house.url)
    page = visitor.page
    await page.get_by_role("button", name="Record a voice note").click()
    await expect(page.locator("#clock")).to_have_text("0:01")
    await page.get_by_role("button", name="Send the voice note").click()
    await visitor.hears("I heard a voice note of")
    spoken = next(event.body for event in house.brain.events if isinstance(event.body, Spoke))
    assert spoken.audio is not None
    assert 0.6 < spoken.audio.seconds < 10
    assert (await house.channel.fetch(spoken.audio))[:4] == b"\x1a\x45\xdf\xa3"
    await page.locator(".person .play").click()
    await page.wait_for_function("() => document.querySelector('.person audio').currentTime > 0.1")


async def test_a_browser_that_plays_no_ogg_plays_the_note_all_the_same(house: House, browser: Browser) -> None:
    context = await browser.new_context()
    await context.add_init_script(
        "const can = HTMLMediaElement.prototype.canPlayType;"
        "HTMLMediaElement.prototype.canPlayType = function (mime) { return mime.includes('ogg') ? '' : can.call(this, mime); };"
    )
    visitor = await Visitor.at(context, house.url)
    await hears_a_voice_note(visitor, SCRIPT)
    source = await visitor.page.locator(".sona.voice audio").get_attribute("src")
    assert source is not None
    assert source.endswith("&as=mp3")
    assert visitor.faults == []


async def test_escape_throws_a_recording_away(house: House, browser: Browser) -> None:
    visitor = await Visitor.at(await browser.new_context(permissions=["microphone"]), house.url)
    await visitor.page.get_by_role("button", name="Record a voice note").click()
    await expect(visitor.page.locator("#recording")).to_be_visible()
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.page.locator("#words")).to_be_focused()
    await visitor.says("no voice")
    await visitor.hears("You said: no voice")
    assert not any(isinstance(event.body, Spoke) for event in house.brain.events)


async def test_a_browser_without_a_recorder_says_so(house: House, browser: Browser) -> None:
    context = await browser.new_context()
    await context.add_init_script("delete window.MediaRecorder")
    visitor = await Visitor.at(context, house.url)
    await visitor.page.get_by_role("button", name="Record a voice note").click()
    await expect(visitor.page.get_by_role("alert")).to_contain_text("can’t record")


async def test_a_file_is_shared_and_shown_to_who_shared_it(house: House, browser: Browser) -> None:
    visitor = await Visitor.at(await browser.new_context(), house.url)
    file = {"name": "mới.txt", "mimeType": "text/plain", "buffer": b"toki!"}
    await visitor.page.locator("#file").set_input_files(files=[file])  # pyright: ignore[reportArgumentType] - a FilePayload
    await visitor.hears("Thank you for mới.txt")
    async with visitor.page.expect_download() as download:
        await visitor.page.get_by_role("link", name="mới.txt").click()
    assert (await (await download.value).path()).read_bytes() == b"toki!"


async def test_the_page_speaks_the_language_of_the_browser(house: House, browser: Browser) -> None:
    for locale, placeholder in (("vi-VN", "Nhắn cho Sona"), ("es-MX", "Escribe a Sona"), ("fr", "Message Sona")):
        visitor = await Visitor.at(await browser.new_context(locale=locale), house.url)
        await expect(visitor.page.locator("#words")).to_have_attribute("placeholder", placeholder)
    assert {event.sender.locale for event in house.brain.events} == {"vi-VN", "es-MX", "fr"}


async def test_a_cookie_that_is_no_longer_good_is_replaced_without_a_word(house: House, browser: Browser) -> None:
    context = await browser.new_context()
    visitor = await Visitor.at(context, house.url)
    await visitor.says("old life")
    await visitor.hears("You said: old life")
    await context.clear_cookies()
    house.kill()
    await house.start()
    await visitor.says("new life")
    await visitor.hears("You said: new life")
    assert "old life" not in await visitor.lines()


async def test_model_text_never_becomes_markup(house: House, browser: Browser) -> None:
    visitor = await Visitor.at(await browser.new_context(), house.url)
    attack = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) <script>alert(1)</script>"
    await visitor.says(attack)
    line = await visitor.hears("You said: <img")
    assert await line.locator("img, script, a").count() == 0
    assert visitor.faults == []

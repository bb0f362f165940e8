"""The web chat of the whole real house: every process, no key, no settings but a voice that needs no network."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.model_server import tone
from tests.browser.story import Script, Visitor, listens, whole_story
from tests.faults.program import House, free_port

SCRIPT = Script(
    greeting="I am Sona",
    lesson="/lesson",
    lesson_shows="Words",
    question="What is left out when the subject is mi or sina?",
    answer_shows="When the subject is",
    source="First sentences",
    quote="li is left out",
    quiz="/quiz",
    quiz_shows="questions: 8",
    voice="/voice on",
    voice_shows="I will answer with voice notes",
)
# The whole house starts inside the first test's time, on a machine that may be busy with others.
pytestmark = pytest.mark.timeout(180)
DEAF = "I cannot listen to free speech here"


@pytest.fixture(scope="module")
def real_house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="sona-browser-", ignore_cleanup_errors=True) as folder:
        house = House(home=Path(folder) / "home", settings={"SONA_SPEECH": "espeak"}, port=free_port())
        house.open()
        yield house
        house.close()


@pytest.fixture
async def url(real_house: House) -> str:
    await real_house.ready()
    return f"http://127.0.0.1:{real_house.port}/"


async def answers(visitor: Visitor, card: Locator, right: str = "") -> str:
    """Answer a question, with anything if nobody said what is right; returns what is right if this was not."""
    await card.wait_for()
    option = card.locator(".option", has_text=re.compile(rf"^[A-Z]{re.escape(right) or '.*'}$")).first
    if await card.locator(".option").count():
        await option.click()
    elif await card.locator(".tile").count() and not right:
        while await card.locator(".tray .tile").count():
            await card.locator(".tray .tile").first.click()
        await card.get_by_role("button", name="Check").click()
    else:
        await visitor.says(right or "ijo")
    await card.and_(visitor.page.locator(".right, .wrong")).wait_for()
    missed = await card.evaluate("card => card.classList.contains('wrong')")
    return await card.locator(".verdict strong").first.inner_text() if missed else ""


async def goes_through_quizzes(visitor: Visitor, script: Script) -> None:
    """Quizzes with every question, and two of those missed once more and now right, until one asked to listen; a page of the log holds them all."""
    cards = visitor.page.locator(".card")
    while not await visitor.page.locator(".card .play").count():
        await visitor.says(script.quiz)
        await visitor.hears(script.quiz_shows)
        begin = await cards.count() - (1 if await visitor.page.locator(".card:not(.right, .wrong)").count() else 0)
        answered = [await answers(visitor, cards.nth(begin + number)) for number in range(8)]
        missed = [right for right in answered if right]
        for number, right in enumerate(missed[:2], begin + 8):
            assert await answers(visitor, cards.nth(number), right) == ""
        if len(missed) > 2:
            await cards.nth(begin + 10).wait_for()
            await visitor.says("/stop")
        await visitor.hears("of 8")
    assert await visitor.page.locator(".card.right .option.right .sign svg").count()
    assert await visitor.page.locator(".card.wrong .option.wrong .sign svg").count()
    await listens(visitor.page.locator(".card", has=visitor.page.locator(".play")).first)


async def test_a_lesson_a_question_quizzes_a_voice_note_and_all_of_it_again_after_a_reload(
    url: str, real_house: House, browser: Browser
) -> None:
    await real_house.read()
    visitor = await Visitor.at(await browser.new_context(), url)
    await whole_story(visitor, SCRIPT, quizzed=goes_through_quizzes)


async def test_speech_that_cannot_be_understood_is_told_so(url: str, browser: Browser) -> None:
    visitor = await Visitor.at(await browser.new_context(permissions=["microphone"]), url)
    page = visitor.page
    await visitor.hears(SCRIPT.greeting)
    await page.get_by_role("button", name="Record a voice note").click()
    await expect(page.locator("#clock")).to_have_text("0:01")
    await page.get_by_role("button", name="Send the voice note").click()
    await visitor.hears(DEAF)
    file = {"name": "memo.ogg", "mimeType": "audio/ogg", "buffer": tone()}
    await page.locator("#file").set_input_files(files=[file])  # pyright: ignore[reportArgumentType] - a FilePayload
    await expect(page.locator("#log > .sona", has_text=DEAF)).to_have_count(2)
    await expect(page.locator("#log > .person .player")).to_have_count(2)
    await listens(page.locator("#log > .person").last)


async def test_a_file_is_read_and_answers_come_from_it(url: str, browser: Browser) -> None:
    visitor = await Visitor.at(await browser.new_context(), url)
    words = b"# Lighthouse\n\nThe lamp of the Skerry lighthouse turns once every nineteen seconds.\n"
    file = {"name": "skerry.md", "mimeType": "text/markdown", "buffer": words}
    await visitor.page.locator("#file").set_input_files(files=[file])  # pyright: ignore[reportArgumentType] - a FilePayload
    await visitor.hears("I have finished reading")
    await visitor.says("How often does the lamp of the Skerry lighthouse turn?")
    answer = await visitor.hears("once every nineteen seconds")
    await expect(answer.locator("summary")).to_contain_text("Lighthouse")


async def test_a_killed_web_process_loses_and_doubles_nothing(url: str, real_house: House, browser: Browser) -> None:
    visitor = await Visitor.at(await browser.new_context(), url)
    await visitor.hears(SCRIPT.greeting)
    before = await visitor.lines()
    await real_house.kill("web")
    await visitor.says("/word moku")
    await visitor.says("/word telo")
    await visitor.hears("telo: water")
    await expect(visitor.page.locator(".waiting")).to_have_count(0)
    lines = await visitor.lines()
    assert lines[: len(before)] == before
    assert sorted(line.split()[0] for line in lines[len(before) :]) == ["/word", "/word", "moku:", "telo:"]
    await visitor.page.reload()
    await visitor.page.locator("body[data-ready]").wait_for()
    assert await visitor.lines() == lines

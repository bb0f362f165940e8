"""A person at the web chat, and the story every Sona has to tell there; where it is and what is said are parameters."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from playwright.async_api import BrowserContext, Locator, Page, expect


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is said and what must be seen for it.

    `wrong` is a choice of the quiz's question that is not right, `right` the one that is, where both are known beforehand.
    """

    greeting: str
    lesson: str
    lesson_shows: str
    question: str
    answer_shows: str
    source: str
    quote: str
    quiz: str
    quiz_shows: str
    voice: str
    voice_shows: str
    wrong: str = ""
    right: str = ""


Step = Callable[["Visitor", Script], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Visitor:
    """One open page. `faults` collects what went wrong inside it."""

    page: Page
    faults: list[str] = field(default_factory=list[str])

    @classmethod
    async def at(cls, context: BrowserContext, url: str) -> "Visitor":
        visitor = cls(page=await context.new_page())
        visitor.page.on("pageerror", lambda error: visitor.faults.append(str(error)))
        visitor.page.set_default_timeout(15_000)
        await visitor.page.goto(url)
        await visitor.page.locator("body[data-ready]").wait_for()
        return visitor

    async def says(self, text: str) -> None:
        await self.page.locator("#words").fill(text)
        await self.page.locator("#words").press("Enter")

    async def hears(self, text: str) -> Locator:
        found = self.page.locator("#log > .sona", has_text=text).last
        await found.wait_for()
        return found

    async def lines(self) -> list[str]:
        """Every line of the conversation as text, without what only screen readers hear and without pieces that were laid."""
        lines = await self.page.locator("#log > li").evaluate_all(
            "items => items.map(item => { const copy = item.cloneNode(true);"
            "copy.querySelectorAll('.unseen, .state, .player, .chips, .tile').forEach(part => part.remove());"
            "return copy.textContent })"
        )
        return [re.sub(r"\s+", " ", line).strip() for line in lines]

    async def card(self) -> Locator:
        """The question asked last."""
        card = self.page.locator(".card").last
        await expect(card).to_be_visible()
        name = await card.get_attribute("data-quiz")
        return self.page.locator(f'.card[data-quiz="{name}"]')

    async def width_over(self) -> int:
        """Pixels by which the page is wider than the screen."""
        return int(await self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


async def takes_a_lesson(visitor: Visitor, script: Script) -> None:
    await visitor.hears(script.greeting)
    await visitor.says(script.lesson)
    await visitor.hears(script.lesson_shows)


async def asks_and_reads_the_source(visitor: Visitor, script: Script) -> None:
    await visitor.says(script.question)
    answer = await visitor.hears(script.answer_shows)
    source = answer.locator("details", has_text=script.source).first
    await source.locator("summary").click()
    await expect(source.get_by_text(script.quote)).to_be_visible()


async def answers_wrong_by_button(visitor: Visitor, script: Script) -> None:
    await visitor.says(script.quiz)
    card = visitor.page.locator(".card", has_text=script.quiz_shows).last
    await card.locator(".option", has_text=script.wrong).click()
    await expect(card.locator(".option.wrong", has_text=script.wrong)).to_be_visible()
    await expect(card.locator(".option.right", has_text=script.right)).to_be_visible()
    await expect(card.locator(".option.right .sign svg")).to_be_visible()


async def listens(line: Locator) -> None:
    """The note of a line plays: its time moves on."""
    await line.locator(".play").click()
    await line.page.wait_for_function(
        "element => element.querySelector('audio').currentTime > 0.1", arg=await line.element_handle()
    )


async def hears_a_voice_note(visitor: Visitor, script: Script) -> None:
    await visitor.says(script.voice)
    await visitor.hears(script.voice_shows)
    line = visitor.page.locator("#log > .sona.voice").last
    await line.wait_for()
    await listens(line)


async def reloads_and_finds_everything(visitor: Visitor) -> None:
    before = await visitor.lines()
    await visitor.page.reload()
    await visitor.page.locator("body[data-ready]").wait_for()
    assert await visitor.lines() == before


async def whole_story(visitor: Visitor, script: Script, *, quizzed: Step = answers_wrong_by_button) -> None:
    await takes_a_lesson(visitor, script)
    await asks_and_reads_the_source(visitor, script)
    await quizzed(visitor, script)
    await hears_a_voice_note(visitor, script)
    await reloads_and_finds_everything(visitor)
    assert visitor.faults == []

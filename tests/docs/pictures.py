"""Takes the pictures of the README from a running house: `python -m tests.docs.pictures http://127.0.0.1:8080 docs/images`."""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from tests.browser.conftest import CHROMIUM, FLAGS

_WIDE: ViewportSize = {"width": 1080, "height": 760}
_PHONE: ViewportSize = {"width": 390, "height": 780}


async def _told(page: Page, words: str, answer: str) -> None:
    """Say something and wait for what is answered."""
    await page.locator("#words").fill(words)
    await page.locator("#words").press("Enter")
    await page.locator("#log > .sona", has_text=answer).last.wait_for()


async def _opened(browser: Browser, url: str, size: ViewportSize, *, phone: bool = False) -> Page:
    context = await browser.new_context(
        viewport=size, color_scheme="light", has_touch=phone, is_mobile=phone, device_scale_factor=2 if phone else 1
    )
    page = await context.new_page()
    await page.goto(url)
    await page.locator("body[data-ready]").wait_for()
    await page.locator("#log > .sona").first.wait_for()
    return page


async def _wide(browser: Browser, url: str, to: Path) -> None:
    """A question about grammar with its source, then a quiz."""
    page = await _opened(browser, url, _WIDE)
    await _told(page, "When is li left out?", "left out")
    await _told(page, "/quiz", "1/8")
    await page.wait_for_timeout(600)
    await page.screenshot(path=to)


async def _phone(browser: Browser, url: str, to: Path) -> None:
    """A quiz, its first question answered."""
    page = await _opened(browser, url, _PHONE, phone=True)
    await _told(page, "/quiz", "1/8")
    await page.locator(".card .option").first.click()
    await page.locator(".card .option.right").first.wait_for()
    await page.wait_for_timeout(600)
    await page.screenshot(path=to)


async def take(url: str, folder: Path) -> None:
    """Both pictures, as PNG files in the folder."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        await _wide(browser, url, folder / "chat-light.png")
        await _phone(browser, url, folder / "chat-phone.png")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(take(sys.argv[1], Path(sys.argv[2])))

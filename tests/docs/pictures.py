"""Take the README's pictures from a running Sona: `python -m tests.docs.pictures http://127.0.0.1:8080 docs/images`."""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from tests.browser.conftest import CHROMIUM, FLAGS

_WIDE: ViewportSize = {"width": 1080, "height": 760}
_PHONE: ViewportSize = {"width": 390, "height": 780}


async def _send(page: Page, words: str, answer: str) -> None:
    """Send a message and wait for the answer."""
    await page.locator("#words").fill(words)
    await page.locator("#words").press("Enter")
    await page.locator("#log > .sona", has_text=answer).last.wait_for()


async def _open(browser: Browser, url: str, size: ViewportSize, *, phone: bool = False) -> Page:
    context = await browser.new_context(
        viewport=size, color_scheme="light", has_touch=phone, is_mobile=phone, device_scale_factor=2 if phone else 1
    )
    page = await context.new_page()
    await page.goto(url)
    await page.locator("body[data-ready]").wait_for()
    await page.locator("#log > .sona").first.wait_for()
    return page


async def _shot(
    browser: Browser, url: str, size: ViewportSize, *, phone: bool, first: str, kind: str, to: Path
) -> None:
    """Start quizzes in new conversations until one begins with this kind of question, then take the picture."""
    for _ in range(30):
        page = await _open(browser, url, size, phone=phone)
        if first:
            await _send(page, first, "[1]")
        await _send(page, "/quiz", "1/8")
        card = page.locator(".card").last
        if await card.locator(kind).count():
            await card.scroll_into_view_if_needed()
            await page.wait_for_timeout(800)
            await page.screenshot(path=to)
            return
        await page.context.close()
    raise SystemExit(f"no quiz began with {kind}")


async def take(url: str, folder: Path) -> None:
    """Save both pictures as PNG files in the folder."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        wide, phone = folder / "chat-light.png", folder / "chat-phone.png"
        await _shot(browser, url, _WIDE, phone=False, first="When is li left out?", kind=".option", to=wide)
        await _shot(browser, url, _PHONE, phone=True, first="", kind=".player", to=phone)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(take(sys.argv[1], Path(sys.argv[2])))

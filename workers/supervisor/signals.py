"""Stop on a signal: in order on the first one, immediately on the second."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run_until_signal(
    work: Coroutine[Any, Any, None], *, kill: Callable[[], None], report: Callable[[str], None]
) -> None:
    """Run `work` until it returns or a signal cancels it; a second signal calls `kill`.

    Returns normally after a signal. Raises `asyncio.CancelledError` when something else cancelled `work`.
    """
    task = asyncio.ensure_future(work)
    stopping = asyncio.Event()

    def on_signal() -> None:
        if stopping.is_set():
            report("killing all processes")
            kill()
            return
        stopping.set()
        report("stopping; repeat to stop immediately")
        task.cancel()

    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
    try:
        await task
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise
        report("stopped")

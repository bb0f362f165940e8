"""Files that people send, taken over from the platform that has them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.errors import Failure
from core.event import Event, Shared
from core.media import Media
from core.ports.blobs import Blobs

OURS = "blob:"


async def stored(event: Event, *, fetch: Callable[[Media], Awaitable[bytes]], blobs: Blobs) -> Event:
    """The event with its file among our blobs, or with an empty `ref` where the platform would not give it.

    Other events, and files that are ours already, come back as they are. Never raises `core.errors`.
    """
    body = event.body
    if not isinstance(body, Shared) or not event.addressed or body.media.ref.startswith(OURS):
        return event
    try:
        ref = await blobs.put(await fetch(body.media), mime=body.media.mime)
    except Failure:
        ref = ""
    return replace(event, body=replace(body, media=replace(body.media, ref=ref)))

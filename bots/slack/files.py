"""Files in a message: recordings are heard, everything else is looked at."""

from collections.abc import Sequence

from bots.json_fields import Json
from bots.slack.json_fields import amount, text
from core.event import Body, Said, Shared, Spoke
from core.media import Media

_MOST = 10
_BETWEEN = "|"


def bodies(files: Sequence[Json], team: str, words: str, album: str) -> tuple[Body, ...]:
    """One body for each file that can be fetched, at most ten; the words go with the first that carries words, or before all.

    `album` is what files sent together have in common.
    """
    media = [found for file in files[:_MOST] if (found := _media(file, team)) is not None]
    spoken = [Spoke(audio=each) for each in media if _sounds(each)]
    seen = [each for each in media if not _sounds(each)]
    shared = [
        Shared(media=each, text="" if number else words, album=album if len(seen) > 1 else "")
        for number, each in enumerate(seen)
    ]
    said = [Said(text=words)] if words and spoken and not shared else []
    return (*said, *shared, *spoken)


def _sounds(media: Media) -> bool:
    return media.mime.startswith("audio/")


def located(ref: str) -> tuple[str, str]:
    """The workspace and the address that a file's reference names."""
    team, _, url = ref.partition(_BETWEEN)
    return team, url


def _media(file: Json, team: str) -> Media | None:
    """A recording made in Slack is called `slack_audio` and may say that it is a video."""
    url = text(file, "url_private_download") or text(file, "url_private")
    if not url:
        return None
    mime = text(file, "mimetype") or "application/octet-stream"
    if text(file, "subtype") == "slack_audio" and not mime.startswith("audio/"):
        mime = f"audio/{mime.partition('/')[2] or 'mp4'}"
    return Media(
        ref=f"{team}{_BETWEEN}{url}",
        mime=mime,
        name=text(file, "name"),
        size=amount(file, "size"),
        seconds=amount(file, "duration_ms") / 1000,
    )

"""Parses the files of a message: recordings become voice notes, everything else shared files."""

from collections.abc import Sequence

from bots.json_fields import Json
from bots.slack.json_fields import count_or_zero, text
from core.event import Body, Said, Shared, Spoke
from core.media import Media

_MAX_FILES = 10
_SEPARATOR = "|"


def bodies(files: Sequence[Json], team: str, words: str, album: str) -> tuple[Body, ...]:
    """Return one body for each downloadable file, at most ten.

    The text goes with the first shared file, or into a body of its own before voice notes. Several shared files have the
    same `album`.
    """
    media = [found for file in files[:_MAX_FILES] if (found := _media(file, team)) is not None]
    voice_notes = [Spoke(audio=each) for each in media if _is_audio(each)]
    others = [each for each in media if not _is_audio(each)]
    shared = [
        Shared(media=each, text="" if number else words, album=album if len(others) > 1 else "")
        for number, each in enumerate(others)
    ]
    said = [Said(text=words)] if words and voice_notes and not shared else []
    return (*said, *shared, *voice_notes)


def _is_audio(media: Media) -> bool:
    return media.mime.startswith("audio/")


def split_ref(ref: str) -> tuple[str, str]:
    """Return the workspace and the URL of a file's reference."""
    team, _, url = ref.partition(_SEPARATOR)
    return team, url


def _media(file: Json, team: str) -> Media | None:
    """Return a file that has a URL; Slack's own recordings (`slack_audio`) may have a video MIME type."""
    url = text(file, "url_private_download") or text(file, "url_private")
    if not url:
        return None
    mime = text(file, "mimetype") or "application/octet-stream"
    if text(file, "subtype") == "slack_audio" and not mime.startswith("audio/"):
        mime = f"audio/{mime.partition('/')[2] or 'mp4'}"
    return Media(
        ref=f"{team}{_SEPARATOR}{url}",
        mime=mime,
        name=text(file, "name"),
        size=count_or_zero(file, "size"),
        seconds=count_or_zero(file, "duration_ms") / 1000,
    )

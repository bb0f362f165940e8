"""Several voices, of which the first that can speak does."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from core.clock import Clock
from core.errors import Refused, Unreachable
from core.media import Audio
from core.ports.count import Count
from core.ports.voice import Speech, SpeechStyle, VoiceInfo
from core.providers.cooldown import Cooldown


class FallbackSpeech:
    """Tries voices in the order of the mapping; counts who spoke (`speech_spoke`) and who failed (`speech_failed`), both with `voice`.

    A voice that was unreachable is passed over for `rest`. A wish for a voice by name that nobody has is dropped.
    Raises `Refused` when nobody can say it. With an empty mapping speech is off.
    """

    def __init__(
        self, voices: Mapping[str, Speech], *, clock: Clock, count: Count, rest: timedelta = timedelta(minutes=2)
    ) -> None:
        self._voices = dict(voices)
        self._count = count
        self._rest = Cooldown(clock, rest)

    async def speak(self, text: str, manner: SpeechStyle) -> Audio:
        wishes = (manner, replace(manner, voice="")) if manner.voice else (manner,)
        for wish in wishes:
            for name, voice in self._voices.items():
                if not self._rest.holds(name) and (audio := await self._tried(name, voice, text, wish)):
                    return audio
        raise Refused(f"none of {', '.join(self._voices) or 'no voices'} can say this in {manner.language!r}")

    async def voices(self) -> tuple[VoiceInfo, ...]:
        """The voices of all that can be asked; the names of one never hide another's."""
        found: dict[tuple[str, str], VoiceInfo] = {}
        for name, voice in self._voices.items():
            try:
                listed = await voice.voices()
            except Unreachable:
                self._count("speech_failed", voice=name)
                continue
            found.update({(name, info.name): info for info in listed})
        return tuple(found.values())

    async def _tried(self, name: str, voice: Speech, text: str, manner: SpeechStyle) -> Audio | None:
        try:
            audio = await voice.speak(text, manner)
        except Unreachable:
            self._rest.begin(name)
            self._count("speech_failed", voice=name)
            return None
        except Refused:
            return None
        self._count("speech_spoke", voice=name)
        return audio

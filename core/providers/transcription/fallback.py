"""Several recognisers, of which the first that can hear does."""

from collections.abc import Mapping
from datetime import timedelta

from core.clock import Clock
from core.errors import Refused, Unreachable
from core.media import Audio
from core.ports.count import Count
from core.ports.voice import Heard, Hearing
from core.providers.cooldown import Cooldown


class FallbackHearing:
    """Asks recognisers in the order of the mapping, best first; counts `hearing_heard` and `hearing_failed` with `ears`.

    One that was unreachable is passed over for `rest`. What the first to answer did not understand is not asked
    of a worse one. When none can hear it, raises the `Unreachable` of the best that was away, as it may hear it later;
    otherwise the last refusal, also when there is nobody to ask.
    """

    def __init__(
        self, ears: Mapping[str, Hearing], *, clock: Clock, count: Count, rest: timedelta = timedelta(minutes=1)
    ) -> None:
        self._ears = dict(ears)
        self._count = count
        self._rest = Cooldown(clock, rest)

    async def hear(self, audio: Audio, *, language: str, expected: tuple[str, ...] = ()) -> Heard:
        away: Unreachable | None = None
        refused = Refused("there is nobody to listen")
        for name, ears in self._ears.items():
            if self._rest.holds(name):
                away = away or Unreachable(f"{name} did not answer a moment ago")
                continue
            try:
                heard = await ears.hear(audio, language=language, expected=expected)
            except Unreachable as error:
                self._rest.begin(name)
                self._count("hearing_failed", ears=name)
                away = away or error
            except Refused as error:
                refused = error
            else:
                self._count("hearing_heard" if heard.text else "hearing_unheard", ears=name)
                return heard
        raise away or refused

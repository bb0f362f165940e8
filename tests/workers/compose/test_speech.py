"""A configured recogniser that is missing is logged once, and the others are used."""

import logging
from pathlib import Path

import pytest

from core.errors import Refused
from core.providers.transcription.fallback import FallbackHearing
from workers.compose import speech
from workers.compose.stores import Stores
from workers.settings import Settings


async def test_a_missing_whisper_folder_leaves_the_other_recognisers(
    tmp_path: Path, database_url: str, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    stores = Stores(Settings(database_url=database_url, redis_url=redis_url, whisper_model=str(tmp_path / "gone")))
    with caplog.at_level(logging.ERROR):
        assert isinstance(speech.hearing(stores), FallbackHearing)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["whisper is not available"]
    hearing = next(probe for probe in speech.probes(stores) if probe.name == "hearing")
    with pytest.raises(Refused, match="no whisper model"):
        await hearing.run()
    await stores.close()

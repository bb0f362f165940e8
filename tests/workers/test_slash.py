"""The commands as Discord offers them."""

import re

from bots.discord.commands import differ
from core.mind.commands import COMMANDS
from workers.slash import offers

_NAME = re.compile(r"[-_'\w]{1,32}")


def test_every_command_is_offered_by_a_name_that_discord_takes() -> None:
    slash = [offer for offer in offers() if offer.kind == 1]
    assert [offer.id for offer in slash] == [info.name for info in COMMANDS]
    for offer in slash:
        options = (offer.option.name,) if offer.option else ()
        for words in (offer.name, *options):
            assert all(_NAME.fullmatch(name) and name == name.lower() for name in words.values())
        assert 1 <= len(offer.json()["description"]) <= 100


def test_what_was_offered_is_not_offered_again() -> None:
    assert not differ(offers(), [{**offer.json(), "id": "1", "version": "2"} for offer in offers()])
    assert differ(offers(), [])

"""The page of what every channel can do is what the command prints, and its ladder is the one that is tested."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.contracts import test_fallbacks
from tests.contracts.channels import openers
from workers.admin.channel_matrix import FALLBACKS, capabilities
from workers.cli import main

ROOT = Path(__file__).parents[3]


def test_the_page_is_what_the_command_prints() -> None:
    printed = CliRunner().invoke(main, ["channels"])
    assert printed.exit_code == 0
    assert (ROOT / "docs" / "channels.md").read_text() == printed.output


@pytest.mark.parametrize("name", openers())
async def test_a_channel_declares_what_is_printed(name: str) -> None:
    async with openers()[name]() as harness:
        assert harness.channel.capabilities == capabilities()[harness.channel.name]


def test_every_channel_is_on_the_page() -> None:
    assert set(capabilities()) == set(openers())


def test_each_step_of_the_ladder_is_walked_on_each_platform_where_it_can_happen() -> None:
    walked = [name.removeprefix("test_") for name in vars(test_fallbacks) if name.startswith("test_")]
    for _, form, where in FALLBACKS:
        for channel in where:
            if channel == "terminal" or (channel, form) in FITTED:
                continue
            stories = [name for name in walked if name.startswith(f"{channel}_")]
            assert any(f"_to_{form}" in name for name in stories), (channel, form)


FITTED = {("sms", "plain"), ("sms", "numbers"), ("sms", "verdict")}
"""What is never sent there in the first place; see `test_what_a_channel_never_has_is_counted_too`."""

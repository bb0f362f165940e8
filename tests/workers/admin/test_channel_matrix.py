"""The page of channel capabilities matches the command's output, and every fallback on it is tested."""

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
async def test_a_channel_declares_the_printed_capabilities(name: str) -> None:
    async with openers()[name]() as harness:
        assert harness.channel.capabilities == capabilities()[harness.channel.name]


def test_every_channel_is_on_the_page() -> None:
    assert set(capabilities()) == set(openers())


def test_every_fallback_has_a_test_on_every_channel() -> None:
    tested = [name.removeprefix("test_") for name in vars(test_fallbacks) if name.startswith("test_")]
    for _, form, where in FALLBACKS:
        for channel in where:
            if channel == "terminal" or (channel, form) in FITTED:
                continue
            matching = [name for name in tested if name.startswith(f"{channel}_")]
            assert any(f"_to_{form}" in name for name in matching), (channel, form)


FITTED = {("sms", "plain"), ("sms", "numbers"), ("sms", "verdict")}
"""Fallbacks applied before sending; covered by `test_what_a_channel_never_has_is_counted_too`."""

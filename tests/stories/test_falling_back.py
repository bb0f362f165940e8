"""Where a form is refused the next simpler one goes out, each piece once, and what could only be numbered can be named."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import ClaimedTurn
from core.dialogue.draft import TurnDraft
from core.errors import Refused, Throttled
from core.event import Said, Tapped
from core.media import Media
from core.outbound import OutboundMessage
from core.reply import Choice, Picture, Reply, Text, Voice
from tests.fakes.channel import KeepingChannel
from tests.fakes.messaging import Street, Thinking

HERE = Address("test", "1")


def _replying(*replies: Reply) -> Thinking:
    async def thinking(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        return TurnDraft(conversation=claimed.conversation, replies=replies)

    return thinking


async def _turn(street: Street, *replies: Reply) -> None:
    street.mind.thinking = _replying(*replies)
    await street.says("go")
    await street.converse(HERE)


async def test_a_voice_that_is_refused_is_said_in_text(street: Street) -> None:
    await _turn(street, Voice(text="toki!", audio=Media(ref="blob:1")))
    street.channel.failures.append(Refused("voice messages are forbidden"))
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="toki!")]
    assert "fallback" in street.count.names


async def test_formatted_text_that_is_refused_goes_out_plain(street: Street) -> None:
    await _turn(street, Text(text="a **bold** word"))
    street.channel.failures.append(Refused("can't parse entities"))
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="a bold word")]


async def test_what_is_said_in_pieces_instead_has_a_key_for_each_or_platforms_would_take_them_for_one(
    street: Street,
) -> None:
    words = " ".join(["toki"] * 1500)
    await _turn(street, Picture(media=Media(ref="blob:1", mime="image/png"), text=words))
    street.channel.failures.append(Refused("no pictures here"))
    await street.deliver(HERE)
    assert " ".join(piece.text for piece in street.channel.to(HERE) if isinstance(piece, Text)) == words
    first, second = [key for _, _, key, _ in street.channel.sent]
    assert (second, first != second) == (f"{first}/1", True)


async def test_a_piece_that_has_to_wait_does_not_have_those_before_it_sent_again(street: Street) -> None:
    words = " ".join(["toki"] * 1500)
    await _turn(street, Picture(media=Media(ref="blob:1", mime="image/png"), text=words), Text(text="and more"))
    second = Throttling(street.channel, at=2)
    deliver = replace(street.deliver, channels={"test": second})
    street.channel.failures.append(Refused("no pictures here"))
    assert await deliver(HERE) == street.clock.now() + timedelta(seconds=3)
    street.clock.pass_(3)
    await deliver(HERE)
    *pieces, last = [piece.text for piece in street.channel.to(HERE) if isinstance(piece, Text)]
    assert (" ".join(pieces), last) == (words, "and more")
    assert street.count.names.count("fallback") == 1


@pytest.mark.parametrize("behind", [(), (Text(text="hm"),)])
async def test_choices_that_could_only_be_numbered_after_all_are_what_a_number_stands_for(
    street: Street, behind: tuple[Reply, ...]
) -> None:
    choices = (Choice(label="Lesson", value="/lesson"), Choice(label="Help", value="/help"))
    await _turn(street, Text(text="What now?", choices=choices), *behind)
    street.channel.failures.append(Refused("BUTTON_DATA_INVALID"))
    await street.deliver(HERE)
    assert street.channel.to(HERE)[0] == Text(text="What now?\n\n1. Lesson\n2. Help")
    await street.says("2")
    await street.converse(HERE)
    assert [event.body for event in street.mind.openings[-1].events] == [Tapped(choice="/help")]


async def test_a_number_does_not_stand_for_choices_that_others_have_followed(street: Street) -> None:
    older, newer = (Choice(label="Lesson", value="/lesson"),), (Choice(label="Help", value="/help"),)
    await _turn(street, Text(text="What now?", choices=older), Text(text="Or?", choices=newer))
    street.channel.failures.append(Refused("BUTTON_DATA_INVALID"))
    await street.deliver(HERE)
    await street.says("1")
    await street.converse(HERE)
    assert [event.body for event in street.mind.openings[-1].events] == [Said(text="1")]


async def test_nothing_simpler_is_tried_when_the_person_is_gone(street: Street) -> None:
    await _turn(street, Text(text="a **bold** word"))
    street.channel.failures.append(Refused("blocked", gone=True))
    await street.deliver(HERE)
    assert street.channel.sent == []
    assert street.count.names[-1] == "parcel_dead"


async def test_words_already_written_are_not_written_again_when_their_voice_note_is_refused(street: Street) -> None:
    audio = Media(ref="blob:1", mime="audio/ogg")
    await _turn(street, Text(text="toki"))
    await street.deliver(HERE)
    await _turn(street, Voice(text="toki", audio=audio, repeats=True))
    street.channel.failures.append(Refused("no voice notes"))
    await street.deliver(HERE)
    assert street.channel.to(HERE) == [Text(text="toki")]
    assert street.count.names[-2:] == ["fallback", "parcel_sent"]


class Throttling(KeepingChannel):
    """Another channel that has somebody wait once, at its `at`th message."""

    def __init__(self, channel: KeepingChannel, *, at: int) -> None:
        super().__init__()
        self._channel = channel
        self._at = at

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:
        if len(self._channel.sent) == self._at - 1:
            self._at = 0
            raise Throttled("slow down", retry_after=3)
        return await self._channel.send(outbound, target=target)

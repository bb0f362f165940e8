from datetime import UTC, datetime
from typing import Literal

import pytest

from core.address import Address
from core.channel import Capabilities
from core.conversation import Conversation, Learner, Opening
from core.converse import Senses
from core.event import Body, Event, Said, Sender, Spoke
from core.media import Media
from core.mind.senses import EarsAndVoice
from core.mind.thought import Thought
from core.mind.voicing import Mouth
from core.reply import Text, Voice
from tests.fakes.channel import FULL, KeepingChannel
from tests.fakes.speaking import ScriptedEars, ScriptedVoice, Tally
from tests.voice.test_voicing import Shelf

HERE = Address("test", "1")
NOTE = Spoke(audio=Media(ref="file-1", mime="audio/ogg"))


def opening(*bodies: Body, voice: Literal["auto", "always", "never"] = "auto") -> Opening:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    events = tuple(
        Event(id=f"test:{n}", address=HERE, sender=Sender(id="1"), at=at, body=body) for n, body in enumerate(bodies)
    )
    learner = Learner(id="l", locale="vi", voice=voice)
    return Opening(conversation=Conversation(address=HERE, learner=learner), events=events, token="t")


def senses(ears: ScriptedEars, voice: ScriptedVoice, capabilities: Capabilities = FULL) -> Senses:
    mouth = Mouth(speech=voice, blobs=Shelf())
    return EarsAndVoice(mouth=mouth, hearing=ears, channels={"test": KeepingChannel(capabilities)}, count=Tally())


async def test_every_voice_note_of_a_burst_is_written_down_in_its_place() -> None:
    ears = ScriptedEars(text="toki")
    heard = await senses(ears, ScriptedVoice()).hear(opening(Said(text="hi"), NOTE, NOTE))
    assert [event.body for event in heard.events] == [Said(text="hi")] + [Spoke(audio=NOTE.audio, heard="toki")] * 2
    assert ears.asked == [("vi", ())] * 2


@pytest.mark.parametrize(
    ("body", "wish", "spoken"),
    [
        (NOTE, "auto", True),
        (Said(text="hi"), "auto", False),
        (Said(text="hi"), "always", True),
        (NOTE, "never", False),
    ],
)
async def test_who_spoke_is_answered_aloud_unless_they_said_otherwise(
    body: Body, wish: Literal["auto", "always", "never"], spoken: bool
) -> None:
    begun = opening(body, voice=wish)
    thought = Thought(conversation=begun.conversation, replies=(Text(text="chào"),))
    made = await senses(ScriptedEars(), ScriptedVoice()).speak(begun, thought)
    assert any(isinstance(reply, Voice) for reply in made) == spoken


async def test_a_channel_without_voice_notes_costs_no_speech() -> None:
    voice = ScriptedVoice()
    begun = opening(NOTE)
    thought = Thought(conversation=begun.conversation, replies=(Text(text="chào"), Voice(text="toki")))
    assert await senses(ScriptedEars(), voice, Capabilities(text_limit=160)).speak(begun, thought) == thought.replies
    assert voice.said == []

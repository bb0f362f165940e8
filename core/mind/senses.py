"""The ears and the voice of a turn: what was spoken is written down before it, what is answered is spoken after it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.channel import Channel
from core.conversation import Opening
from core.event import Spoke
from core.media import Media
from core.mind.thought import Thought
from core.mind.voicing import Mouth, listen, voiced
from core.ports.count import Count
from core.ports.voice import Hearing
from core.reply import Reply, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class EarsAndVoice:
    """Hears with `hearing` what channels fetch, and says replies with `mouth` where the channel takes voice notes."""

    mouth: Mouth
    hearing: Hearing
    channels: Mapping[str, Channel]
    count: Count

    async def hear(self, opening: Opening) -> Opening:
        """The opening with what was spoken written down, all at once."""
        conversation = opening.conversation
        channel = self.channels.get(conversation.address.channel)

        async def fetch(media: Media) -> bytes:
            if channel is None or media.ref.startswith("blob:"):
                return (await self.mouth.blobs.get(media.ref))[0]
            return await channel.fetch(media)

        heard = await asyncio.gather(
            *(
                listen(event, self.hearing, fetch=fetch, language=conversation.learner.locale, quiz=conversation.quiz)
                for event in opening.events
            )
        )
        return replace(opening, events=tuple(heard))

    async def speak(self, opening: Opening, thought: Thought) -> tuple[Reply, ...]:
        """The replies with their sound. Texts are spoken to who always wants it, or who spoke and has not said never."""
        conversation = thought.conversation
        channel = self.channels.get(conversation.address.channel)
        if channel is None or not channel.capabilities.voice:
            return thought.replies
        learner = conversation.learner
        spoke = any(isinstance(event.body, Spoke) for event in opening.events)
        wanted = learner.voice == "always" or (learner.voice == "auto" and spoke)
        made = await voiced(thought.replies, self.mouth, language=learner.locale, wanted=wanted)
        asked = wanted and any(isinstance(reply, Text) for reply in thought.replies)
        if asked and len(made) == len(thought.replies):
            self.count("speech_missing", channel=conversation.address.channel)
        return made

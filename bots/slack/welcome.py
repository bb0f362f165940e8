"""What a person finds where nothing was said yet: suggestions in a new thread, the home tab, the form for a question."""

from collections.abc import Sequence

from bots.slack import interactive, render, signed
from bots.slack.client import Client
from bots.slack.place import Place
from bots.slack.reading import Asked, Opened, Reading
from bots.slack.render import Block
from core.phrases import DEFAULT, say
from core.reply import Choice


class Welcome:
    """Fills them through `client`. `suggestions` are what can be asked for; `key` signs their buttons."""

    def __init__(self, *, client: Client, suggestions: Sequence[Choice], key: bytes) -> None:
        self._client = client
        self._suggestions = suggestions
        self._key = key

    async def meet(self, reading: Reading) -> None:
        """Answer what was opened or asked for. Raises `core.errors`."""
        if reading.opened is not None:
            await self._fill(reading.opened)
        if reading.asked is not None:
            await self._ask(reading.asked)

    async def _fill(self, opened: Opened) -> None:
        if opened.home:
            place = await self._client.direct(opened.place.team, opened.user)
            await self._client.publish(place.team, opened.user, self._home(place))
        elif opened.place.thread:
            await self._client.title(opened.place, "Sona")
            await self._prompts(opened.place)
        else:
            await self._prompts(opened.place)

    async def _prompts(self, place: Place) -> None:
        await self._client.suggest(place, [(choice.label, choice.value) for choice in self._suggestions])

    async def _ask(self, asked: Asked) -> None:
        place = await self._client.direct(asked.team, asked.user)
        await self._client.open(asked.team, asked.trigger, self._form(place))

    def _home(self, place: Place) -> Block:
        """What Sona is, and buttons that are answered in the conversation."""
        buttons = [
            render.button(choice, signed.encode(choice.value, place.address, self._key), number)
            for number, choice in enumerate(self._suggestions)
        ]
        message = render.draft(say("start.hello", DEFAULT), "")
        blocks: list[Block] = [*message.blocks] if message else []
        if buttons:
            blocks.append({"type": "actions", "block_id": f"{interactive.HOME}{place.channel}", "elements": buttons})
        return {"type": "home", "blocks": blocks}

    def _form(self, place: Place) -> Block:
        metadata = f"{signed.encode(interactive.ASK, place.address, self._key)} {place.address}"
        entry = {
            "type": "input",
            "block_id": interactive.QUESTION,
            "label": {"type": "plain_text", "text": "?"},
            "element": {"type": "plain_text_input", "action_id": interactive.QUESTION, "multiline": True},
        }
        return {
            "type": "modal",
            "callback_id": interactive.ASK,
            "private_metadata": metadata,
            "title": {"type": "plain_text", "text": "Sona"},
            "submit": {"type": "plain_text", "text": "OK"},
            "blocks": [entry],
        }

"""What a person finds where nothing was said yet: suggestions in a new thread, the home tab, the form for a question."""

from bots.slack import interactive, signed_value
from bots.slack.call import ConversationOpened, FormRequest, ParsedCall
from bots.slack.client import SlackClient
from bots.slack.directory import Directory
from bots.slack.home_updates import HomeUpdates, Suggest
from bots.slack.location import SlackLocation
from bots.slack.render import SlackBlock, plainly
from bots.slack.wording import COMMAND
from core.phrases import DEFAULT, phrase


class Welcome:
    """Fills them through `client`, in the language that `directory` knows of; `key` signs their buttons."""

    def __init__(
        self, *, client: SlackClient, directory: Directory, homes: HomeUpdates, suggest: Suggest, key: bytes
    ) -> None:
        self._client = client
        self._directory = directory
        self._homes = homes
        self._suggest = suggest
        self._key = key

    async def meet(self, reading: ParsedCall) -> None:
        """Answer what was opened or asked for. Raises `core.errors`."""
        if reading.opened is not None:
            await self._fill(reading.opened)
        if reading.asked is not None:
            await self._ask(reading.asked)

    async def _fill(self, opened: ConversationOpened) -> None:
        if opened.home:
            await self._homes.opened(opened.place.team, opened.user)
        elif opened.place.thread:
            await self._client.title(opened.place, "Sona")
            await self._prompts(opened)
        else:
            await self._prompts(opened)

    async def _prompts(self, opened: ConversationOpened) -> None:
        locale = await self._locale(opened.place.team, opened.user)
        prompts = [(choice.label, choice.value.replace("/", COMMAND, 1)) for choice in self._suggest(locale)]
        if prompts:
            await self._client.suggest(opened.place, prompts)

    async def _ask(self, asked: FormRequest) -> None:
        locale = await self._locale(asked.team, asked.user)
        place = asked.place or await self._client.direct(asked.team, asked.user)
        label, send = (asked.label, "slack.answer") if asked.label else (phrase("slack.ask", locale), "slack.send")
        await self._client.open(asked.team, asked.trigger, self._form(place, label, phrase(send, locale)))

    async def _locale(self, team: str, user: str) -> str:
        return await self._directory.locale(team, user) or DEFAULT

    def _form(self, place: SlackLocation, label: str, send: str) -> SlackBlock:
        metadata = (
            f"{signed_value.encode(interactive.ASK, place.address, self._key)} {place.address} {place.below}".rstrip()
        )
        entry = {
            "type": "input",
            "block_id": interactive.QUESTION,
            "label": plainly(label, 2000),
            "element": {"type": "plain_text_input", "action_id": interactive.QUESTION, "multiline": True},
        }
        return {
            "type": "modal",
            "callback_id": interactive.ASK,
            "private_metadata": metadata,
            "title": plainly("Sona", 24),
            "submit": plainly(send, 24),
            "blocks": [entry],
        }

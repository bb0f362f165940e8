"""Answers to opened threads, tabs and forms: suggested prompts, the home tab, the form for a question."""

from bots.slack import interactive, signed_value
from bots.slack.call import ConversationOpened, FormRequest, ParsedCall
from bots.slack.client import SlackClient
from bots.slack.directory import Directory
from bots.slack.home_updates import HomeUpdates, Suggest
from bots.slack.location import SlackLocation
from bots.slack.render import SlackBlock, plain_text
from bots.slack.wording import COMMAND_PREFIX
from core.phrases import DEFAULT, phrase


class Welcome:
    """Fills them in the person's Slack language; `key` signs the form's metadata."""

    def __init__(
        self, *, client: SlackClient, directory: Directory, home_updates: HomeUpdates, suggest: Suggest, key: bytes
    ) -> None:
        self._client = client
        self._directory = directory
        self._home_updates = home_updates
        self._suggest = suggest
        self._key = key

    async def respond(self, call: ParsedCall) -> None:
        """Fill what was opened and open a requested form. Raises `core.errors`."""
        if call.opened is not None:
            await self._fill_opened(call.opened)
        if call.form_request is not None:
            await self._open_form(call.form_request)

    async def _fill_opened(self, opened: ConversationOpened) -> None:
        if opened.home_tab:
            await self._home_updates.fill(opened.location.team, opened.user)
        elif opened.location.thread:
            await self._client.set_title(opened.location, "Sona")
            await self._prompts(opened)
        else:
            await self._prompts(opened)

    async def _prompts(self, opened: ConversationOpened) -> None:
        locale = await self._locale(opened.location.team, opened.user)
        prompts = [(choice.label, choice.value.replace("/", COMMAND_PREFIX, 1)) for choice in self._suggest(locale)]
        if prompts:
            await self._client.set_suggested_prompts(opened.location, prompts)

    async def _open_form(self, request: FormRequest) -> None:
        locale = await self._locale(request.team, request.user)
        location = request.location or await self._client.direct_conversation(request.team, request.user)
        label, send = (request.label, "slack.answer") if request.label else (phrase("slack.ask", locale), "slack.send")
        await self._client.open_view(
            request.team, request.trigger_id, self._form(location, label, phrase(send, locale))
        )

    async def _locale(self, team: str, user: str) -> str:
        return await self._directory.locale(team, user) or DEFAULT

    def _form(self, location: SlackLocation, label: str, send: str) -> SlackBlock:
        metadata = f"{signed_value.encode(interactive.ASK, location.address, self._key)} {location.address} {location.display_thread}".rstrip()
        entry = {
            "type": "input",
            "block_id": interactive.QUESTION,
            "label": plain_text(label, 2000),
            "element": {"type": "plain_text_input", "action_id": interactive.QUESTION, "multiline": True},
        }
        return {
            "type": "modal",
            "callback_id": interactive.ASK,
            "private_metadata": metadata,
            "title": plain_text("Sona", 24),
            "submit": plain_text(send, 24),
            "blocks": [entry],
        }

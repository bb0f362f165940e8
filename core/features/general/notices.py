"""What is not said but happens: stopping, speech that nobody could hear, links to read, work that is done, reminders, people who leave."""

from core.channel import LiveUpdates
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming
from core.dialogue.suggestions import suggest
from core.event import Due, Gesture, Left, Ready, Spoke, Stopped
from core.phrases import phrase
from core.reply import Text


class Notices:
    """Answers what happens: `Gesture`, links to read, `Spoke` without words, `Ready`, `Due`, `Left`, `Stopped`."""

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:  # noqa: ARG002 - answers immediately, no live updates
        locale = draft.conversation.learner.locale
        match incoming.event.body:
            case Spoke(heard=heard, unheard=unheard) if not heard.strip():
                return draft.with_replies(Text(text=phrase(unheard or "voice.unheard", locale)))
            case Gesture(what=what, text=text):
                choices = suggest(locale, "quiz") if what == "poll" else ()
                return draft.with_replies(
                    Text(text=phrase(f"gesture.{what}", locale, text=text).strip(), choices=choices)
                )
            case Ready(text=text, failed=failed):
                return draft.with_replies(
                    Text(text=phrase("reading.undone" if failed else "reading.done", locale, text=text))
                )
            case Due():
                return draft.with_replies(Text(text=phrase("due.review", locale), choices=suggest(locale, "review")))
            case Left():
                return draft
            case Stopped(quiet=quiet):
                return draft if quiet else draft.with_replies(Text(text=phrase("stop.done", locale)))
            case _:
                return None

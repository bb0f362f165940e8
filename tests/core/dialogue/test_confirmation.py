"""Yes and no, tapped, typed or spoken, count for the question that was asked just now."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.address import Address
from core.conversation import Message
from core.dialogue.confirmation import Confirmation, place
from core.dialogue.draft import TurnDraft
from core.event import Body, Event, Said, Sender, Spoke, Tapped
from core.phrases import locales, phrase
from core.reply import Choice, Text
from tests.fakes.collaborators import StillClock, conversation

NOW = StillClock().now()
JOIN = Confirmation(name="link", ask="person.link.ask")
FORGET = Confirmation(
    name="forget",
    ask="person.forget.ask",
    yes="person.forget.yes",
    no="person.forget.no",
    words="person.forget.words",
)


def event(body: Body | str) -> Event:
    said = Said(text=body) if isinstance(body, str) else body
    return Event(id="web:1", address=Address("web", "c"), sender=Sender(id="s"), at=NOW, body=said)


def asked(question: Confirmation, *, locale: str = "en", ago: float = 0.0, then: str = "") -> TurnDraft:
    """A conversation where the question was asked so many seconds ago, and perhaps something said since."""
    text = question.asked("Before.", locale, NOW).text
    lines = [Message(role="sona", text=words, at=NOW - timedelta(seconds=ago)) for words in (text, then) if words]
    said = Message(role="person", text="?", at=NOW)
    return TurnDraft(conversation=replace(conversation(locale=locale), history=(*lines, said)))


def test_a_question_stands_below_what_has_to_be_known_and_has_two_buttons() -> None:
    at = int(NOW.timestamp())
    choices = (Choice(label="Yes", value=f"link:yes:{at}"), Choice(label="No", value=f"link:no:{at}"))
    assert JOIN.asked("Before.", "en", NOW) == Text(text="Before.\n\nShall I join them?", choices=choices)


@pytest.mark.parametrize("locale", locales())
@pytest.mark.parametrize("question", [JOIN, FORGET])
def test_both_buttons_and_their_words_are_understood_in_every_language(question: Confirmation, locale: str) -> None:
    draft = asked(question, locale=locale)
    for choice, meant in zip(question.asked("", locale, NOW).choices, ("yes", "no"), strict=True):
        assert question.answer(event(Tapped(choice=choice.value)), draft, NOW) == meant
        assert question.answer(event(f" {choice.label.upper()}! "), draft, NOW) == meant
        assert question.answer(event(Spoke(heard=choice.label)), draft, NOW) == meant
    assert question.answer(event(phrase(question.words, locale).split("|")[0]), draft, NOW) == "yes"


def test_only_clear_words_forget_anybody() -> None:
    assert FORGET.answer(event("yes"), asked(FORGET), NOW) is None
    assert FORGET.answer(event("ok"), asked(FORGET), NOW) is None


@pytest.mark.parametrize("words", ["yes please tell me about li", "maybe", "", "/lesson"])
def test_other_words_are_no_answer(words: str) -> None:
    assert JOIN.answer(event(words), asked(JOIN), NOW) is None


def test_words_count_right_after_the_question_only() -> None:
    assert JOIN.answer(event("yes"), asked(JOIN, then="The next lesson."), NOW) is None
    assert JOIN.answer(event("yes"), asked(FORGET), NOW) is None
    assert JOIN.answer(event("yes"), TurnDraft(conversation=conversation()), NOW) is None
    assert JOIN.answer(event("yes"), asked(JOIN, ago=599), NOW) == "yes"
    assert JOIN.answer(event("yes"), asked(JOIN, ago=601), NOW) is None


def test_an_old_button_is_late_and_others_are_not_its_own() -> None:
    draft, at = asked(JOIN), int(NOW.timestamp())
    assert JOIN.answer(event(Tapped(choice=f"link:yes:{at - 601}")), draft, NOW) == "late"
    assert JOIN.answer(event(Tapped(choice=f"link:no:{at - 601}")), draft, NOW) == "late"
    for forged in ("link:yes:", "link:yes:x", "link:yes:-1", f"link:yes:{'9' * 400}", "link:yes:²"):
        assert JOIN.answer(event(Tapped(choice=forged)), draft, NOW) == "late"
    for other in (f"forget:yes:{at}", "link", "link:maybe:1", "lesson:start"):
        assert JOIN.answer(event(Tapped(choice=other)), draft, NOW) is None


def test_a_channel_is_called_as_people_call_it() -> None:
    assert [place(name, "en") for name in ("telegram", "web", "sms", "elsewhere")] == [
        "Telegram",
        "the web chat",
        "text messages",
        "Elsewhere",
    ]


@pytest.mark.parametrize("locale", locales())
@pytest.mark.parametrize("question", [JOIN, FORGET])
def test_where_names_can_be_forged_only_the_number_that_was_sent_says_yes(question: Confirmation, locale: str) -> None:
    text = question.asked("Before.", locale, NOW, "048213")
    assert text.choices == ()
    history = (Message(role="sona", text=text.text, at=NOW),)
    draft = TurnDraft(conversation=replace(conversation(locale=locale), history=history))

    def answered(body: Body | str, of: TurnDraft = draft) -> str | None:
        return question.answer(event(body), of, NOW, numbered=True)

    assert answered(" 048213. ") == "yes"
    assert answered(phrase("person.no", locale)) == "no"
    at = int(NOW.timestamp())
    guesses = (phrase(question.yes, locale), phrase(question.words, locale).split("|")[0], "48213", "048214", "")
    assert [answered(guess) for guess in guesses] == [None] * len(guesses)
    assert answered(Tapped(choice=f"{question.name}:yes:{at}")) is None
    assert answered(phrase(question.yes, locale), asked(question, locale=locale)) is None
    old = replace(draft.conversation, history=(replace(history[0], at=NOW - timedelta(seconds=601)),))
    assert answered("048213", TurnDraft(conversation=old)) is None


def test_who_speaks_another_language_by_now_still_answers_the_question_as_it_was_asked() -> None:
    for question in (JOIN, FORGET):
        before = asked(question, locale="es")
        here = before.conversation
        now = before.with_conversation(replace(here, learner=replace(here.learner, locale="vi")))
        assert question.answer(event(phrase(question.yes, "es")), now, NOW) == "yes"
        assert question.answer(event("hm"), now, NOW) is None

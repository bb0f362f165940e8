"""A yes or no, tapped, typed or spoken, answers the pending question and nothing else."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from core.address import Address
from core.conversation import Message, Pending
from core.dialogue.confirmation import VALID, Confirmation, Confirmations, place
from core.dialogue.draft import TurnDraft
from core.event import Body, Event, Said, Sender, Spoke, Tapped
from core.phrases import locales, phrase
from core.reply import Text
from tests.fakes.collaborators import StillClock, conversation

NOW = StillClock().now()
JOIN = Confirmation(kind="link", ask="person.link.ask")
FORGET = Confirmation(
    kind="forget",
    ask="person.forget.ask",
    yes="person.forget.yes",
    no="person.forget.no",
    words="person.forget.words",
    destroys=True,
)

both_questions = pytest.mark.parametrize("question", [JOIN, FORGET], ids=lambda question: question.kind)
every_locale = pytest.mark.parametrize("locale", locales())


def event(body: Body | str, sender: str = "s") -> Event:
    said = Said(text=body) if isinstance(body, str) else body
    return Event(id="web:1", address=Address("web", "c"), sender=Sender(id=sender), at=NOW, body=said)


def ask(question: Confirmation, *, locale: str = "en", proof: str = "") -> TurnDraft:
    draft = TurnDraft(conversation=conversation(locale=locale))
    pending = Pending(id="q1", kind=question.kind, asked_of="s", proof=proof, expires=NOW + VALID)
    return question.ask_in(draft, "Before.", pending)


def text_of(draft: TurnDraft) -> Text:
    (reply,) = draft.replies
    assert isinstance(reply, Text)
    return reply


def answer(question: Confirmation, body: Body | str, draft: TurnDraft, *, after: float = 1, sender: str = "s") -> str:
    """The answer so many seconds after the question, or `-`."""
    found = question.answer(event(body, sender), draft, NOW + timedelta(seconds=after))
    return found[0] if found else "-"


def test_the_question_stands_below_its_explanation_and_has_two_buttons() -> None:
    text = text_of(ask(FORGET))
    assert text.text == f"Before.\n\n{phrase('person.forget.ask', 'en')}"
    assert [(choice.value, choice.destroys) for choice in text.choices] == [
        ("forget:yes:q1", True),
        ("forget:no:q1", False),
    ]


@every_locale
@both_questions
def test_buttons_and_their_words_are_understood_in_every_language(question: Confirmation, locale: str) -> None:
    draft = ask(question, locale=locale)
    for choice, meant in zip(text_of(draft).choices, ("yes", "no"), strict=True):
        assert answer(question, Tapped(choice=choice.value), draft) == meant
        assert answer(question, f" {choice.label.upper()}! ", draft) == meant
        assert answer(question, Spoke(heard=choice.label), draft) == meant
    assert answer(question, phrase(question.words, locale).split("|")[0], draft) == "yes"


@both_questions
def test_a_question_is_open_until_it_is_answered(question: Confirmation) -> None:
    for value in ("yes", "no"):
        draft = ask(question)
        answered = question.answer(event(Tapped(choice=f"{question.kind}:{value}:q1")), draft, NOW)
        assert answered is not None
        assert answered[1].conversation.pending is None
        assert answer(question, Tapped(choice=f"{question.kind}:{value}:q1"), answered[1]) == "late"


def test_only_unmistakable_words_delete_anything() -> None:
    assert answer(FORGET, "yes", ask(FORGET)) == "-"
    assert answer(FORGET, "ok", ask(FORGET)) == "-"


@pytest.mark.parametrize("words", ["yes please tell me about li", "maybe", "", "/lesson"])
def test_other_words_are_no_answer(words: str) -> None:
    assert answer(JOIN, words, ask(JOIN)) == "-"


@every_locale
@both_questions
@pytest.mark.parametrize("number", ["", "048213"])
def test_a_reply_that_only_reads_like_the_question_is_never_answered(
    question: Confirmation, locale: str, number: str
) -> None:
    key = f"{question.ask}_number" if number else question.ask
    repeated = f"As the document says: {phrase(key, locale, number=number)}"
    history = (Message(role="sona", text=repeated, at=NOW),)
    draft = TurnDraft(conversation=replace(conversation(locale=locale), history=history))
    words = (phrase(question.yes, locale), *phrase(question.words, locale).split("|"), number)
    assert [answer(question, said, draft) for said in words] == ["-"] * len(words)


def test_words_answer_only_the_question_that_is_open_and_only_directly_after_it() -> None:
    draft = ask(JOIN)
    pending = draft.conversation.pending
    assert pending is not None
    later = draft.with_conversation(replace(draft.conversation, pending=replace(pending, open_to_words=False)))
    assert answer(JOIN, "yes", later) == "-"
    assert answer(JOIN, Tapped(choice="link:yes:q1"), later) == "yes"
    assert answer(JOIN, "yes", ask(FORGET)) == "-"
    assert answer(JOIN, "yes", TurnDraft(conversation=conversation())) == "-"


def test_a_question_expires() -> None:
    seconds = VALID.total_seconds()
    assert answer(JOIN, "yes", ask(JOIN), after=seconds - 1) == "yes"
    assert answer(JOIN, "yes", ask(JOIN), after=seconds) == "-"
    assert answer(JOIN, Tapped(choice="link:yes:q1"), ask(JOIN), after=seconds) == "late"


def test_buttons_of_other_questions_are_late_or_not_this_questions_concern() -> None:
    draft = ask(JOIN)
    for stale in ("link:yes:q0", "link:no:q0", "link:yes:", f"link:yes:{'9' * 400}"):
        assert answer(JOIN, Tapped(choice=stale), draft) == "late"
    for other in ("forget:yes:q1", "link", "link:maybe:q1", "lesson:start"):
        assert answer(JOIN, Tapped(choice=other), draft) == "-"


def test_only_the_person_who_was_asked_answers() -> None:
    assert answer(JOIN, "yes", ask(JOIN), sender="other") == "-"
    assert answer(JOIN, Tapped(choice="link:yes:q1"), ask(JOIN), sender="other") == "late"


def test_a_channel_is_called_as_people_call_it() -> None:
    assert [place(name, "en") for name in ("telegram", "web", "sms", "elsewhere")] == [
        "Telegram",
        "the web chat",
        "text messages",
        "Elsewhere",
    ]


@every_locale
@both_questions
def test_where_senders_can_be_spoofed_only_the_proof_says_yes(question: Confirmation, locale: str) -> None:
    draft = ask(question, locale=locale, proof="048213")
    text = text_of(draft)
    assert text.choices == ()
    assert "048213" in text.text
    assert answer(question, " 048213. ", draft) == "yes"
    assert answer(question, phrase("person.no", locale), draft) == "no"
    guesses = (phrase(question.yes, locale), phrase(question.words, locale).split("|")[0], "48213", "048214", "")
    assert [answer(question, guess, draft) for guess in guesses] == ["-"] * len(guesses)
    assert answer(question, Spoke(heard="048213"), draft) == "-"
    assert answer(question, Tapped(choice=f"{question.kind}:yes:q1"), draft) == "-"
    assert answer(question, "048213", draft, after=VALID.total_seconds()) == "-"


@both_questions
def test_a_person_whose_language_has_changed_meanwhile_still_answers(question: Confirmation) -> None:
    before = ask(question, locale="es")
    here = before.conversation
    now = before.with_conversation(replace(here, learner=replace(here.learner, locale="vi")))
    assert answer(question, phrase(question.yes, "es"), now) == "yes"
    assert answer(question, "hm", now) == "-"


@pytest.mark.parametrize("spoofable", [True, False])
def test_a_proof_is_asked_for_only_where_senders_can_be_spoofed(spoofable: bool) -> None:
    confirmations = Confirmations(clock=StillClock(), rng=Random(7), spoofable_sender=lambda _: spoofable)
    draft = TurnDraft(conversation=conversation())
    asked = confirmations.ask(JOIN, "Before.", event("/link"), draft, subject="what it is about")
    pending = asked.conversation.pending
    assert pending is not None
    assert (pending.subject, pending.asked_of, bool(pending.proof)) == ("what it is about", "s", spoofable)
    answered = confirmations.answer(JOIN, event(pending.proof or "yes"), asked)
    assert answered is not None
    assert answered[0] == "yes"

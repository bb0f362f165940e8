"""The mind without a model quotes what it has read, looks words up, and never invents."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.address import Address
from core.assistant.extract import quotes
from core.assistant.offline import OfflineAssistant
from core.assistant.smalltalk import small_talk
from core.conversation import Message
from core.dialogue import offline_notice
from core.dialogue.draft import TurnDraft
from core.event import Event, Left, Said, Sender
from core.phrases import locales, phrase
from core.ports.knowledge import Hit
from core.reply import Text
from tests.fakes.collaborators import Lectern, Shelf, Signs, StillClock, conversation, hit
from tests.fakes.dialogue import incoming

PHOTO = hit(
    "Plants are green. Photosynthesis turns light into sugar inside the chloroplasts. It needs water too.",
    title="Biology",
    section="Leaves",
    link="https://bio.example/leaves",
)
ROME = hit("Rome was founded in 753 BC. Its first king was Romulus.", title="History")


def event(text: str) -> Event:
    at = StillClock().now()
    return Event(id="web:1", address=Address("web", "c1"), sender=Sender(id="s"), at=at, body=Said(text=text))


async def ask(text: str, *hits: Hit, locale: str = "en", known: bool = True, name: str = "") -> Text:
    """Ask somebody who has met it before, unless not `known`."""
    draft = TurnDraft(conversation=conversation(locale=locale, name=name))
    if known:
        draft = offline_notice.given(draft)
    mind = OfflineAssistant(retriever=Shelf(*hits), lessons=Lectern())
    answered = await mind.answer(incoming(event(text)), draft, Signs())
    assert answered is not None
    (reply,) = answered.replies
    assert isinstance(reply, Text)
    return reply


async def test_a_question_is_answered_with_the_exact_words_and_their_source() -> None:
    reply = await ask("How does photosynthesis turn light into sugar?", ROME, PHOTO)
    assert "“Photosynthesis turns light into sugar inside the chloroplasts.” [1]" in reply.text
    (source,) = reply.sources
    assert (source.title, source.section, source.link) == ("Biology", "Leaves", "https://bio.example/leaves")
    assert source.quote in PHOTO.text


async def test_a_text_to_explain_is_glossed_and_else_looked_for() -> None:
    reply = await ask("/explain mi moku", PHOTO)
    assert reply.text == f"{phrase('offline.gloss', 'en')}\n\n- **moku**: food"
    reply = await ask("/explain How does photosynthesis turn light into sugar?", ROME, PHOTO)
    assert "“Photosynthesis turns light into sugar" in reply.text


async def test_a_question_about_something_else_is_not_answered_from_the_nearest_passage() -> None:
    reply = await ask("Who won the football world cup in 1998?", ROME, PHOTO)
    assert reply.text.startswith(phrase("offline.nothing", "en"))
    assert reply.sources == ()
    assert [choice.value for choice in reply.choices] == ["/lesson", "/quiz", "/review", "/courses"]


COURSE = (
    hit("Names are spoken with the sounds of Toki Pona.", title="Toki Pona: Names", section="Making a name fit"),
    hit("Put seme where the answer will be.", title="Toki Pona: No, questions, but", section="What, who, which?"),
    hit("la parts a setting from what follows.\n\n- tenpo ni la mi pali. = Now I work.", title="Toki Pona: Time: la"),
)


@pytest.mark.parametrize(
    "asked", ["Who won the cup in 2018?", "What is the capital of France?", "Is Li the president of China?"]
)
async def test_grammar_is_no_answer_to_a_question_about_something_else(asked: str) -> None:
    assert (await ask(asked, *COURSE)).text.startswith(phrase("offline.nothing", "en"))


async def test_the_name_that_all_titles_carry_does_not_decide_which_passage_answers() -> None:
    reply = await ask("How do I form questions in Toki Pona?", *COURSE)
    assert "“Put seme where the answer will be.” [1]" in reply.text
    assert len(reply.sources) == 1


async def test_a_word_that_is_small_in_another_language_is_asked_about() -> None:
    assert "“la parts a setting from what follows. – tenpo" in (await ask("When do I use la?", *COURSE)).text


async def test_the_items_of_a_list_are_quoted_whole_and_without_their_mark() -> None:
    reply = await ask("what does tenpo ni la mi pali mean", *COURSE)
    assert "“tenpo ni la mi pali. = Now I work.” [1]" in reply.text


async def test_a_quote_goes_on_where_the_next_sentence_says_the_rest() -> None:
    note = hit(
        "A sentence names a thing and says something of it, in this order. The word li stands between the two. Done."
    )
    reply = await ask("what does li do in a sentence", note)
    assert "in this order. The word li stands between the two.” [1]" in reply.text


async def test_thanks_are_answered_without_a_lecture_and_the_lecture_never_parts_words_from_their_buttons() -> None:
    assert (await ask("thanks", known=False)).text == phrase("offline.thanks", "en")
    assert (await ask("zxcv qwer asdf", known=False)).text.endswith(phrase("offline.suggest", "en"))


async def test_words_of_a_heading_count_for_the_passage_below_it() -> None:
    reply = await ask(
        "When was the university library opened?", hit("It was opened in 1902.", section="University library")
    )
    assert "“It was opened in 1902.” [1]" in reply.text


async def test_a_question_in_chinese_is_answered_without_spaces() -> None:
    reply = await ask("光合作用在哪里发生？", hit("叶子是绿色的。光合作用在叶绿体中发生。", title="生物"))
    assert "“光合作用在叶绿体中发生。” [1]" in reply.text


async def test_a_question_in_vietnamese_is_answered_in_vietnamese() -> None:
    reply = await ask("Thủ đô của Việt Nam là gì?", hit("Thủ đô của Việt Nam là Hà Nội.", title="Địa lý"), locale="vi")
    assert reply.text.startswith(phrase("offline.found", "vi"))
    assert "“Thủ đô của Việt Nam là Hà Nội.” [1]" in reply.text


@pytest.mark.parametrize(
    "asked",
    ["moku", "Moku?", "what does moku mean?", "What is the meaning of “moku”?", "how do you say moku in English?",
     "moku nghĩa là gì?", "moku là gì", "¿Qué significa moku?", "define moku"],
)  # fmt: skip
async def test_a_word_is_looked_up_however_it_is_asked_for(asked: str) -> None:
    assert (await ask(asked)).text == "**moku** food"


@pytest.mark.parametrize("asked", ["grammar of li", "ngữ pháp li", "gramática: li"])
async def test_grammar_is_read_from_the_notes(asked: str) -> None:
    assert (await ask(asked)).text == "**li** stands before the verb."


@pytest.mark.parametrize("locale", locales())
async def test_it_says_what_it_is_the_first_time_and_then_no_more(locale: str) -> None:
    intro = phrase("offline.intro", locale)
    assert intro in (await ask("moku", locale=locale, known=False)).text
    assert intro not in (await ask("moku", locale=locale)).text


@pytest.mark.parametrize(
    ("said", "key"),
    [("Hello!", "greeting"), ("Xin chào", "greeting"), ("¡Hola!", "greeting"), ("thank you :)", "thanks"),
     ("cảm ơn nhiều!", "thanks"), ("Muchas gracias.", "thanks"), ("¿Cómo estás?", "well"), ("bye", "bye")],
)  # fmt: skip
async def test_small_talk_is_answered_in_kind(said: str, key: str) -> None:
    assert (await ask(said)).text == phrase(f"offline.{key}", "en")


@pytest.mark.parametrize("said", ["Who are you?", "bạn là ai?", "¿quién eres?"])
async def test_it_says_who_it_is_and_what_it_cannot_do(said: str) -> None:
    text = (await ask(said, known=False)).text
    assert text.count(phrase("offline.intro", "en")) == 1
    assert "Sona" in text


async def test_a_person_with_a_name_is_greeted_by_it() -> None:
    assert (await ask("hi", name="Lan")).text == phrase("offline.greeting_name", "en", name="Lan")


def test_a_question_that_begins_like_small_talk_is_a_question() -> None:
    assert small_talk("Hello, what does moku mean?") is None


async def test_where_it_shall_be_silent_it_answers_only_what_it_has_found() -> None:
    draft = TurnDraft(conversation=conversation())
    for hits, answers in (((PHOTO,), True), ((ROME,), False), ((), False)):
        mind = OfflineAssistant(retriever=Shelf(*hits), lessons=Lectern(), silent=True)
        answered = await mind.answer(incoming(event("How does photosynthesis turn light into sugar?")), draft, Signs())
        assert (answered is not None) == answers


async def test_what_is_not_said_is_not_its_to_answer() -> None:
    mind = OfflineAssistant(retriever=Shelf(), lessons=Lectern())
    leaving = replace(event(""), body=Left())
    assert await mind.answer(incoming(leaving), TurnDraft(conversation=conversation()), Signs()) is None


@given(st.text(max_size=60), st.lists(st.text(max_size=120), max_size=4))
def test_every_quote_stands_in_its_passage_word_for_word(question: str, texts: list[str]) -> None:
    for quote in quotes(question, [hit(text) for text in texts]):
        assert quote.text in quote.hit.text
        assert quote.text


@given(st.lists(st.sampled_from(["rome", "king", "sugar", "light", "1998"]), min_size=1, max_size=5))
def test_a_passage_with_none_of_the_words_is_never_quoted(words: list[str]) -> None:
    assert quotes(" ".join(words), [hit("Completely different matters are told here.", title="Else")]) == ()


async def test_a_reply_that_only_repeats_the_notice_does_not_count_as_having_given_it() -> None:
    repeated = Message(role="sona", text=phrase("offline.intro", "en"), at=StillClock().now())
    draft = TurnDraft(conversation=replace(conversation(), history=(repeated,)))
    answered = await OfflineAssistant(retriever=Shelf(), lessons=Lectern()).answer(
        incoming(event("moku")), draft, Signs()
    )
    assert answered is not None
    (reply,) = answered.replies
    assert isinstance(reply, Text)
    assert phrase("offline.intro", "en") in reply.text
    assert offline_notice.was_given(answered.conversation)

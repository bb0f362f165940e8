"""What replies look like on Telegram."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.telegram import callback
from bots.telegram.html import CAPTION_LIMIT, TEXT_LIMIT, html, length, pages, visible
from bots.telegram.render import TelegramButton, TelegramMessage, caption, draft, quiz, texts, verdict
from core.address import Address
from core.reply import Choice, Mark, Quiz, Source, Text
from tests.core.markup.test_read import documents
from tests.fakes.telegram_rules import parsed, units


def sign(choice: str) -> str:
    return callback.encode(choice, Address("telegram", "7"), b"key")


A, B = Choice(label="to eat", value="q1:a"), Choice(label="to go", value="q1:b")


def test_every_kind_of_block_has_its_form() -> None:
    text = "# Hi *you*\n\n- a **b**\n  1. c\n\n> said\n> > again\n\n```py\nx<y\n```\n\n`k` ~~s~~ [l](https://x.y/?a=1&b=2)\n\n---"
    assert html(text) == (
        "<b>Hi <i>you</i></b>\n\n• a <b>b</b>\n  1. c\n\n<blockquote>said\n\nagain</blockquote>\n\n"
        '<pre><code class="language-py">x&lt;y</code></pre>\n\n'
        '<code>k</code> <s>s</s> <a href="https://x.y/?a=1&amp;b=2">l</a>\n\n———'
    )


def test_a_table_is_aligned_and_a_wide_one_runs_on() -> None:
    assert html("| a | 汉字 |\n|---|---|\n| long | 2 |") == "<pre>a    | 汉字\n-----+-----\nlong | 2</pre>"
    assert html(f"| a | b |\n|---|---|\n| {'x' * 70} | 2 |") == f"<pre>a | b\n{'x' * 70} | 2</pre>"


def test_html_that_a_model_wrote_is_only_words() -> None:
    assert html("<b>1 < 2 & 3</b> <script>") == "&lt;b&gt;1 &lt; 2 &amp; 3&lt;/b&gt; &lt;script&gt;"


@given(st.one_of(documents, st.text(), st.text(alphabet="*_~`#>-|[]()<>& \nab", max_size=120)))
def test_whatever_was_written_telegram_takes_it(text: str) -> None:
    for page in pages(text):
        assert 0 < units(parsed(page, "HTML")) <= TEXT_LIMIT


_pieces = st.sampled_from(["word ", "😀", "**b** ", "\n\n", "a. ", "| a | b |\n|---|---|\n| 1 | 2 |\n\n"])


@given(st.lists(_pieces, max_size=80))
def test_pages_keep_to_the_limit_as_telegram_counts_it(parts: list[str]) -> None:
    shown = pages("".join(parts), 60)
    assert all(length(page) <= 60 for page in shown)
    assert "".join(map(visible, shown)).count("word") == parts.count("word ")
    assert "".join(map(visible, shown)).count("😀") == parts.count("😀")


def test_sources_stand_below_the_words_with_links_that_are_safe() -> None:
    sources = (Source(title="Lipu <pu>", section="1", link="https://x.y/a"), Source(title="Own", link="javascript:x"))
    (message,) = texts(Text(text="moku", sources=sources), sign)
    assert message.words == 'moku\n\n[1] <a href="https://x.y/a">Lipu &lt;pu&gt;</a> · 1\n[2] Own'
    assert not message.preview


def test_sources_that_do_not_fit_come_after_and_buttons_are_last() -> None:
    messages = texts(Text(text="x" * TEXT_LIMIT, sources=(Source(title="T"),), choices=(A,)), sign)
    assert [message.words for message in messages] == ["x" * TEXT_LIMIT, "[1] T"]
    assert [len(message.keyboard) for message in messages] == [0, 1]


def test_a_quiz_has_signed_buttons_below_its_question() -> None:
    (message,) = quiz(Quiz(id="q1", question="**moku**?", form="choice", choices=(A, B), progress="2/5"), sign)
    assert message == TelegramMessage(
        words="<i>2/5</i>\n\n<b>moku</b>?",
        keyboard=(
            (TelegramButton(label="to eat", data=sign("q1:a")), TelegramButton(label="to go", data=sign("q1:b"))),
        ),
    )


def test_a_choice_too_long_for_a_button_makes_a_numbered_list() -> None:
    long = Choice(label="1 * 2", value="x" * 60)
    (message,) = quiz(Quiz(id="q", question="Which?", form="choice", choices=(A, long)), sign)
    assert message == TelegramMessage(words="Which?\n\n1. to eat\n2. 1 * 2")


def test_pieces_to_order_are_lettered_and_have_no_buttons() -> None:
    (message,) = quiz(Quiz(id="q", question="Order", form="ordering", choices=(A, B)), sign)
    assert message == TelegramMessage(words="Order\n\nA) to eat\nB) to go")


def test_long_labels_have_a_row_each_and_are_cut_on_a_letter() -> None:
    (message,) = quiz(
        Quiz(id="q", question="?", form="choice", choices=(A, Choice(label="y" * 80, value="b"), B)), sign
    )
    assert [len(row) for row in message.keyboard] == [1, 1, 1]
    assert message.keyboard[1][0].label == "y" * 63 + "…"


@pytest.mark.parametrize(("chosen", "labels"), [("q1:b", ["✅ to eat", "❌ to go"]), ("q1:a", ["✅ to eat", "to go"])])
def test_a_marked_question_shows_what_was_right_and_what_was_chosen(chosen: str, labels: list[str]) -> None:
    mark = Mark(
        quiz="q1", question="moku?", choices=(A, B), chosen=chosen, right="q1:a", correct=chosen == "q1:a", text="*why*"
    )
    message = verdict(mark)
    assert message is not None
    assert message.words == "moku?\n\n<i>why</i>"
    assert [button.label for row in message.keyboard for button in row] == labels
    assert {button.data for row in message.keyboard for button in row} == {callback.INERT}


def test_a_caption_too_long_becomes_a_message() -> None:
    assert caption("*hi*") == ("<i>hi</i>", ())
    assert caption("x" * (CAPTION_LIMIT + 1)) == ("", (TelegramMessage(words="x" * (CAPTION_LIMIT + 1)),))


def test_a_draft_shows_the_end_of_the_words_and_what_is_done_now() -> None:
    assert draft("**moku** is", "looking <up>") == "<b>moku</b> is\n\n<i>looking &lt;up&gt;</i>"
    assert draft("", "") == ""
    assert draft("a " * 4000 + "end", "").endswith("end")


def test_words_without_formatting_are_the_same_words() -> None:
    assert TelegramMessage(words="<b>1 &lt; 2</b>").bare() == TelegramMessage(words="1 < 2", formatted=False)
    assert texts(Text(text=" \n"), sign) == ()

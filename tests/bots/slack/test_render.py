"""Rendering of replies as Slack messages."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.slack.mrkdwn import notification_text, sections, without_mentions
from bots.slack.render import draft_message, quiz_messages, text_messages, verdict_message
from core.markup import plain
from core.reply import Choice, Mark, Quiz, Source, Text
from tests.fakes import slack_rules
from tests.fakes.slack_screen import visible_text

A, B = Choice(label="to eat", value="q:1:0"), Choice(label="to <go>", value="q:1:1")


def _sign(choice: str) -> str:
    return f"signed {choice}"


def _kinds(blocks: tuple[dict[str, Any], ...]) -> list[str]:
    return [block["type"] for block in blocks]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**moku** is *food*, ~~drink~~", "*moku* is _food_, ~drink~"),
        ("# Unit **1**", "*Unit 1*"),
        ("- a\n- b\n\n1. c", "• a\n• b\n1. c"),
        ("[here](https://x.y/?a=1&b=2)", "<https://x.y/?a=1&amp;b=2|here>"),
        ("[x](javascript:1)", "\\[x](javascript:1)"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("`<!here>`", "`&lt;!here&gt;`"),
        ("```\n<@U1>\n```", "```\n&lt;@U1&gt;\n```"),
        ("> one\n> two", ">one\n>two"),
    ],
)
def test_markdown_is_rendered_as_mrkdwn(written: str, shown: str) -> None:
    assert "\n".join(map(str, sections(written))) == shown.removeprefix("\\")


@pytest.mark.parametrize("mention", ["<!channel>", "<!here>", "<!everyone>", "<@U123>", "<#C1>", "<!subteam^S1|x>"])
def test_text_of_a_model_mentions_nobody(mention: str) -> None:
    for written in (mention, f"**{mention}**", f"`{mention}`", f"```\n{mention}\n```", f"[{mention}](https://x.y)"):
        reply = Text(text=written, choices=(Choice(label="a", value="b"),), sources=(Source(title=mention),))
        sent = json.dumps([(message.text, message.blocks) for message in text_messages(reply, _sign)])
        assert mention not in sent
    assert mention not in without_mentions(f"a {mention}")


def test_an_answer_has_its_sources_and_suggestions_at_its_end() -> None:
    sources = (Source(title="Lipu <1>", section="Unit 1", link="https://x.y/a|b"),)
    (message,) = text_messages(Text(text="moku", choices=(A, B), sources=sources), _sign)
    assert _kinds(message.blocks) == ["section", "context", "actions"]
    assert message.blocks[1]["elements"][0]["text"] == "[1] <https://x.y/a%7Cb|Lipu &lt;1&gt;> · Unit 1"
    assert [button["value"] for button in message.blocks[2]["elements"]] == ["signed q:1:0", "signed q:1:1"]
    assert message.text == "moku\n\nLipu &lt;1&gt; · Unit 1\n\n1. to eat\n2. to &lt;go&gt;"


def test_more_choices_than_buttons_are_numbered() -> None:
    many = tuple(Choice(label=f"c{number}", value=str(number)) for number in range(26))
    (message,) = text_messages(Text(text="which?", choices=many), _sign)
    assert not message.has_buttons
    assert "26. c25" in visible_text({"blocks": message.blocks})


def test_a_question_has_buttons_and_pieces_to_order_have_letters() -> None:
    (question,) = quiz_messages(Quiz(id="1", question="moku?", form="choice", choices=(A, B), progress="1/5"), _sign)
    assert _kinds(question.blocks) == ["context", "section", "actions"]
    (ordered,) = quiz_messages(Quiz(id="1", question="Order!", form="ordering", choices=(A, B)), _sign)
    assert not ordered.has_buttons
    assert "A) to eat" in visible_text({"blocks": ordered.blocks})


def test_a_verdict_marks_the_choices_and_removes_the_buttons() -> None:
    mark = Mark(
        quiz="1", question="moku?", choices=(A, B), chosen=B.value, right=A.value, correct=False, text="Eating."
    )
    message = verdict_message(mark)
    assert not message.has_buttons
    assert visible_text({"blocks": message.blocks}) == "moku?\n✅ to eat\n❌ to <go>\nEating."


def test_the_first_table_is_a_table_block_and_the_second_is_text() -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    (message,) = text_messages(Text(text=f"{table}\nand\n\n{table}"), _sign)
    assert _kinds(message.blocks) == ["table", "section", "section"]
    assert message.blocks[0]["column_settings"] == [{"is_wrapped": True}] * 2
    slack_rules.check_blocks(list(message.blocks))
    assert "1 | 2" in message.blocks[2]["text"]["text"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["&", "word ", "**b** ", "`", "\n\n", "<!here>", "| a |\n|---|\n", "- ", "😀", "x" * 900]),
        max_size=60,
    )
)
def test_any_text_is_rendered_within_slacks_limits(pieces: list[str]) -> None:
    for message in text_messages(Text(text="".join(pieces), choices=(A,)), _sign):
        slack_rules.check_message({"text": message.text, "blocks": list(message.blocks)})


def test_a_draft_shows_the_status_below_the_text() -> None:
    message = draft_message("toki", "looking…")
    assert message is not None
    assert _kinds(message.blocks) == ["section", "context"]
    assert draft_message("", "") is None


def test_a_notification_text_is_cut_between_characters() -> None:
    cut = notification_text("&" * 20, 23)
    assert cut == "&amp;" * 4 + "…"
    assert plain("**a**") == notification_text("**a**", 10)

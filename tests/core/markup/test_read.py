"""What is read out of the Markdown that models write."""

import re

from hypothesis import given
from hypothesis import strategies as st

from core.markup import BlockQuote, CodeBlock, Heading, ListItem, Paragraph, Rule, Span, Table, parse, plain


def test_each_kind_of_block_is_read() -> None:
    text = "# Title\n\nwords\n\n- one\n  - two\n\n4. four\n\n```py\nx = 1\n```\n\n> said\n\n---\n"
    assert parse(text) == (
        Heading(level=1, spans=(Span(text="Title"),)),
        Paragraph(spans=(Span(text="words"),)),
        ListItem(spans=(Span(text="one"),)),
        ListItem(spans=(Span(text="two"),), depth=1),
        ListItem(spans=(Span(text="four"),), ordinal=4),
        CodeBlock(text="x = 1", language="py"),
        BlockQuote(blocks=(Paragraph(spans=(Span(text="said"),)),)),
        Rule(),
    )


def test_styles_add_up_and_neighbours_in_one_style_are_one_span() -> None:
    (block,) = parse("a **b *c*** ~~d~~ `e*f*`")
    assert block == Paragraph(
        spans=(
            Span(text="a "),
            Span(text="b ", bold=True),
            Span(text="c", bold=True, italic=True),
            Span(text=" "),
            Span(text="d", strike=True),
            Span(text=" "),
            Span(text="e*f*", code=True),
        )
    )


def test_a_table_keeps_its_cells() -> None:
    (table,) = parse("| a | b |\n|---|---|\n| 1 | `2` |")
    assert table == Table(
        header=((Span(text="a"),), (Span(text="b"),)), rows=(((Span(text="1"),), (Span(text="2", code=True),)),)
    )


def test_only_addresses_that_are_safe_to_follow_become_links() -> None:
    (block,) = parse("[a](https://x.y) [b](mailto:a@b.c) [c](tg://user?id=1) [d](ftp://x.y) [e](/local) [f](http:)")
    assert isinstance(block, Paragraph)
    assert [span.link for span in block.spans if span.link] == ["https://x.y", "mailto:a@b.c", "tg://user?id=1"]
    assert "javascript:" in plain("[x](javascript:alert(1))")


def test_html_and_reference_definitions_stay_words() -> None:
    text = "<script>alert(1)</script>\n\n[1]: https://x.y\n\n    indented"
    assert plain(text) == "<script>alert(1)</script>\n\n[1]: https://x.y\n\nindented"


def test_a_picture_is_a_link_with_its_description() -> None:
    assert parse("![a cat](https://x.y/cat.png)") == (
        Paragraph(spans=(Span(text="a cat", link="https://x.y/cat.png"),)),
    )


def test_what_is_nested_beyond_sense_is_one_paragraph_with_all_its_words() -> None:
    assert plain("> " * 400 + "deep").endswith("deep")
    assert "deep" in plain("- " * 400 + "deep")
    assert "deep" in plain("*" * 3000 + "deep" + "*" * 3000)
    assert "deep" in plain("[" * 3000 + "deep")


def test_plain_words_read_well() -> None:
    text = "# Hi\n\n1. **one**\n2. [two](https://x.y)\n   - in\n\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<https://x.y>"
    assert plain(text) == "Hi\n\n1. one\n2. two (https://x.y)\n  • in\n\n> said\n\na | b\n1 | 2\n\nhttps://x.y"


_word = st.text(alphabet="abcdefghijklmnopqrstuvwxyzñüđạ汉字😀", min_size=1, max_size=8)
_inline = st.one_of(
    _word,
    _word.map("**{}**".format),
    _word.map("*{}*".format),
    _word.map("~~{}~~".format),
    _word.map("`{}`".format),
    _word.map("[{}](https://example.org)".format),
    _word.map("<b>{}</b>".format),
)
_line = st.lists(_inline, min_size=1, max_size=6).map(" ".join)
_block = st.one_of(
    _line,
    _line.map("## {}".format),
    st.lists(_line, min_size=1, max_size=3).map(lambda lines: "\n".join(f"- {line}" for line in lines)),
    st.lists(_line, min_size=1, max_size=3).map(lambda lines: "\n".join(f"{n}. {x}" for n, x in enumerate(lines))),
    _line.map("> {}".format),
    _line.map("```\n{}\n```".format),
    st.tuples(_line, _line).map(lambda pair: f"| {pair[0]} | x |\n|---|---|\n| {pair[1]} | y |"),
)
documents = st.lists(_block, min_size=1, max_size=6).map("\n\n".join)


@given(documents)
def test_plain_words_keep_every_word(text: str) -> None:
    visible = plain(text)
    for word in re.findall(r"\w+", text.replace("https://example.org", "")):
        assert word in visible


@given(st.one_of(st.text(), st.text(alphabet="*_~`#>-+|[]()<>!\\ \n\t0123456789.ab:&;", max_size=200)))
def test_no_text_breaks_the_reader(text: str) -> None:
    plain(text)

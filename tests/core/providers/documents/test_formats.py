import pytest

from core.ports.documents import (
    DocumentBlock,
    DocumentCode,
    DocumentHeading,
    DocumentListItem,
    DocumentParagraph,
    DocumentTable,
    ParsedDocument,
    Unreadable,
)
from core.providers.documents import formats
from core.providers.documents.sample import Sample
from tests.core.providers.documents import samples

LONG = "Green tea is steamed soon after it was picked, so that it stays green and tastes of grass. "


def read(data: bytes | str, *, mime: str = "", name: str = "", link: str = "") -> ParsedDocument:
    raw = data.encode() if isinstance(data, str) else data
    return formats.read(Sample(data=raw, mime=mime, name=name, link=link))


def words(reading: ParsedDocument) -> list[str]:
    return [" | ".join(block.header) if isinstance(block, DocumentTable) else block.text for block in reading.blocks]


def test_markdown_keeps_its_structure() -> None:
    found = read(
        "---\ntitle: All about tea\nlang: en\n---\n# Tea\n\nHot *and* [good](x).\n\n1. boil\n2. pour\n   - slowly\n\n"
        "| kind | time |\n|---|---|\n| green | 2 |\n\n```py\na = 1\n  b\n```\n",
        name="tea.md",
    )
    expected: tuple[DocumentBlock, ...] = (
        DocumentHeading(text="Tea", level=1),
        DocumentParagraph(text="Hot and good."),
        DocumentListItem(text="1. boil"),
        DocumentListItem(text="2. pour"),
        DocumentListItem(text="- slowly", depth=1),
        DocumentTable(header=("kind", "time"), rows=(("green", "2"),)),
        DocumentCode(text="a = 1\n  b\n"),
    )
    assert (found.title, found.language, found.blocks) == ("All about tea", "en", expected)


def test_wrapped_lines_of_plain_text_become_one_and_verses_stay() -> None:
    text = "A line of prose that is as long as lines of letters used to be\nand its end.\n\nRoses\nViolets\n\n- one\n- two\n"
    assert words(read(text)) == [
        "A line of prose that is as long as lines of letters used to be and its end.",
        "Roses\nViolets",
        "- one",
        "- two",
    ]


@pytest.mark.parametrize(
    ("raw", "mime"),
    [
        ("\ufeffTrà xanh".encode(), ""),
        ("Trà xanh".encode("utf-16"), ""),
        ("Trà xanh, bạn ơi".encode(), "text/plain; charset=latin-1"),
        ("Trà".encode("latin-1"), "text/plain; charset=iso-8859-1"),
        (("Trà xanh rất ngon. " * 5).encode() + b"\xff\x80", ""),
        ("Tr\0à".encode(), ""),
    ],
)
def test_text_in_any_encoding_is_read(raw: bytes, mime: str) -> None:
    assert words(read(raw, mime=mime))[0].replace("\0", "").startswith("Trà")


def test_a_page_gives_its_content_without_what_stands_around_it() -> None:
    page = (
        "<!doctype html><html lang=en><head><title>Tea &amp; more</title><style>x</style></head><body><nav>Home Blog</nav><main>"
        f"<section id=green><h2>Green</h2><p>{LONG * 3}</p></section><h2>How <a id=brew></a></h2><ul><li>boil<li>pour<br>slowly</ul>"
        "<table><tr><th>a<th>b<tr><td>1<td><p>2</table><ruby>茶<rt>ちゃ</rt></ruby><p hidden>secret</main><footer>Copyright</footer>"
    )
    found = read(page, name="tea.pdf", link="https://a.org/tea.pdf")
    assert (found.title, found.language) == ("Tea & more", "en")
    assert found.blocks == (
        DocumentHeading(text="Green", level=2, anchor="green"),
        DocumentParagraph(text=(LONG * 3).strip()),
        DocumentHeading(text="How", level=2, anchor="brew"),
        DocumentListItem(text="- boil"),
        DocumentListItem(text="- pour\nslowly"),
        DocumentTable(header=("a", "b"), rows=(("1", "2"),)),
        DocumentParagraph(text="茶"),
    )


def test_a_page_that_does_not_mark_its_content_is_searched_for_it() -> None:
    links = "".join(f"<a href=/{n}>Menu entry {n}</a> " for n in range(60))
    page = f"<html><body><div class=menu>{links}</div><div><h1 id=t>Tea</h1><p>{LONG * 8}</p><p>{LONG * 4}</p></div></body></html>"
    found = read(page)
    assert DocumentHeading(text="Tea", level=1, anchor="t") in found.blocks
    assert LONG.strip() in " ".join(words(found))
    assert "Menu entry" not in " ".join(words(found))


def test_a_word_document_keeps_its_headings_and_tables() -> None:
    body = (
        samples.paragraph("Tea", "H1") + samples.paragraph("A drink.") + samples.table(("kind", "time"), ("green", "2"))
    )
    found = read(samples.docx(body, title="On tea"), name="x.bin")
    assert found == ParsedDocument(
        title="On tea",
        blocks=(
            DocumentHeading(text="Tea", level=1),
            DocumentParagraph(text="A drink."),
            DocumentTable(header=("kind", "time"), rows=(("green", "2"),)),
        ),
    )


def test_a_book_is_read_in_order_under_the_names_of_its_contents() -> None:
    chapters = {"b.xhtml": "<p>First.</p>", "a.xhtml": "<h1>Own</h1><p>Second.</p>"}
    found = read(samples.epub(chapters, title="Trà", names={"b.xhtml": "One", "a.xhtml": "Two"}))
    assert (found.title, found.language, words(found)) == ("Trà", "vi", ["One", "First.", "Own", "Second."])


def test_a_pdf_gives_headings_and_whole_paragraphs_with_pages() -> None:
    line = "Tea is made of leaves that were picked by hand in the moun-"
    end = "tains, early in the morning, before the sun dries the dew on"
    pages = [
        [
            (8, "A book of tea"),
            (20, f"Chapter {n}"),
            (11, line),
            (11, end),
            (11, "them."),
            (11, f"Next {n}."),
            (8, f"{n}"),
        ]
        for n in range(1, 5)
    ]
    found = read(samples.pdf(pages, info="/Info << /Title (Of tea) >> "))
    whole = "Tea is made of leaves that were picked by hand in the mountains, early in the morning, before the sun dries the dew on them."
    assert found.title == "Of tea"
    assert found.blocks[:4] == (
        DocumentHeading(text="Chapter 1", level=1, page=1),
        DocumentParagraph(text=whole, page=1),
        DocumentParagraph(text="Next 1.", page=1),
        DocumentHeading(text="Chapter 2", level=1, page=2),
    )
    assert len(found.blocks) == 12


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 9, "a.png", "ingest.unsupported"),
        (b"\x00\x01\x02\x03" * 99, "a.pdf", "ingest.broken"),
        (b"%PDF-1.7\nthis is no PDF", "a.pdf", "ingest.broken"),
        (samples.archive({"a": "b"}), "a.zip", "ingest.unsupported"),
        (samples.archive({"a": "b" * 999})[:-40], "a.docx", "ingest.broken"),
        (samples.archive({"word/document.xml": "<broken"}), "a.docx", "ingest.broken"),
        (samples.archive({"META-INF/container.xml": "<a/>"}), "a.epub", "ingest.broken"),
        (samples.archive({"word/document.xml": b" " * 201 * samples.MEGABYTE}), "a.docx", "ingest.too_large"),
        (
            samples.archive({f"word/{n}": "" for n in range(10_001)} | {"word/document.xml": ""}),
            "a",
            "ingest.too_large",
        ),
    ],
    ids=["picture", "noise", "no pdf", "zip", "cut off", "bad xml", "empty book", "bomb", "crowd"],
)
def test_what_cannot_be_read_says_why(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(data, name=name)
    assert caught.value.reason == reason


def test_a_locked_pdf_says_so_and_one_without_a_password_is_read() -> None:
    from io import BytesIO

    from pypdf import PdfReader, PdfWriter

    plain = samples.pdf([[(11, "Tea is a drink.")]])
    for password, algorithm in (("", "AES-256"), ("secret", "RC4-128")):
        writer = PdfWriter(clone_from=PdfReader(BytesIO(plain)))
        writer.encrypt(password, "owner", algorithm=algorithm)
        sink = BytesIO()
        writer.write(sink)
        if not password:
            assert words(read(sink.getvalue())) == ["Tea is a drink."]
            continue
        with pytest.raises(Unreadable) as caught:
            read(sink.getvalue())
        assert caught.value.reason == "ingest.encrypted"


def test_every_reason_has_words_in_every_language() -> None:
    import re
    from pathlib import Path

    from core.phrases import locales, phrase

    root = Path(formats.__file__).parents[3]
    sources = [path.read_text() for path in [root / "ingest.py", *(root / "providers").rglob("*.py")]]
    reasons = {reason for text in sources for reason in re.findall(r"Unreadable\(\s*\"(ingest\.\w+)", text)}
    assert len(reasons) > 5
    for locale in locales():
        assert all(phrase(reason, locale) for reason in reasons)

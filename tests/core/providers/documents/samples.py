"""Small real documents of every format, and some that are out to do harm."""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

MEGABYTE = 1024 * 1024


def docx(body: str, *, title: str = "") -> bytes:
    """A Word document with this XML as its body."""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    package = "http://schemas.openxmlformats.org/package/2006"
    core = f'<c xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></c>'
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" Type="{office}" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>',
            "word/styles.xml": '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style></w:styles>',
            "docProps/core.xml": core,
        }
    )


def paragraph(text: str, style: str = "") -> str:
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{look}<w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: Sequence[str]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def epub(chapters: Mapping[str, str], *, title: str = "", names: Mapping[str, str] | None = None) -> bytes:
    """A book of chapters (file name → body), `names` as its table of contents."""
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in chapters)
    spine = "".join(f'<itemref idref="{name}"/>' for name in chapters)
    links = "".join(f'<li><a href="{file}">{words}</a></li>' for file, words in (names or {}).items())
    nav = '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
    pages = {f"OEBPS/{name}": f"<html><body>{body}</body></html>" for name, body in chapters.items()}
    return archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
            "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<metadata><dc:title>{title}</dc:title><dc:language>vi</dc:language></metadata>"
            f"<manifest>{nav}{items}</manifest><spine>{spine}</spine></package>",
            "OEBPS/nav.xhtml": f"<html><body><nav><ol>{links}</ol></nav></body></html>",
            **pages,
        }
    )


def archive(files: Mapping[str, str | bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return sink.getvalue()


def pdf(pages: Sequence[Sequence[tuple[int, str]]], *, info: str = "") -> bytes:
    """A PDF with a line of Helvetica for each size and text."""
    return pdf_of([_content(lines) for lines in pages], info=info)


def pdf_of(contents: Sequence[bytes], *, filters: str = "", info: str = "", kids: str = "") -> bytes:
    """A PDF whose pages have these content streams, encoded by `filters`."""
    numbers = range(4, 4 + 2 * len(contents), 2)
    kids = kids or " ".join(f"{number} 0 R" for number in numbers)
    objects: dict[int, bytes] = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for number, content in zip(numbers, contents, strict=True):
        look = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {number + 1} 0 R /Resources << /Font << /F 3 0 R >> >> >>"
        objects[number] = look.encode()
        objects[number + 1] = f"<< /Length {len(content)} {filters}>>\nstream\n".encode() + content + b"\nendstream"
    return _assembled(objects, info)


def _content(lines: Sequence[tuple[int, str]]) -> bytes:
    height = 740
    parts = ["BT"]
    for size, text in lines:
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        parts.append(f"/F {size} Tf 1 0 0 1 72 {height} Tm ({escaped}) Tj")
        height -= size + 4
    return "\n".join([*parts, "ET"]).encode("latin-1")


def _assembled(objects: Mapping[int, bytes], info: str) -> bytes:
    data = b"%PDF-1.7\n"
    places: list[int] = []
    for number, body in sorted(objects.items()):
        places.append(len(data))
        data += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(data)
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    data += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{rows}".encode()
    return data + f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R {info}>>\nstartxref\n{start}\n%%EOF\n".encode()


def deflated_spaces(megabytes: int) -> bytes:
    """A zlib stream that unpacks to so many megabytes of spaces, without ever holding them."""
    pack = zlib.compressobj(9)
    first = pack.compress(b" " * MEGABYTE) + pack.flush(zlib.Z_FULL_FLUSH)
    again = pack.compress(b" " * MEGABYTE) + pack.flush(zlib.Z_FULL_FLUSH)
    end = pack.flush()[:-4]
    count = megabytes * MEGABYTE
    low = (1 + 32 * count) % 65521
    high = (count + 32 * count * (count + 1) // 2) % 65521
    return first + again * (megabytes - 1) + end + (high << 16 | low).to_bytes(4, "big")

"""Word documents, by way of the HTML that mammoth makes of them."""

import io
import zipfile
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

from core.ports.documents import ParsedDocument, Unreadable
from core.providers.documents.archive import is_zip, members, unpack
from core.providers.documents.sample import Sample

ENDINGS = (".docx",)

_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_LANGUAGE = "{http://purl.org/dc/elements/1.1/}language"


def suits(sample: Sample) -> int:
    return 3 if is_zip(sample.data) and "word/document.xml" in members(sample.data) else 0


def read(sample: Sample) -> ParsedDocument:
    import mammoth

    from core.providers.documents import html_blocks

    archive = unpack(sample.data)
    archive.read("word/document.xml")
    try:
        html = mammoth.convert_to_html(
            io.BytesIO(sample.data),
            convert_image=mammoth.images.img_element(_no_picture),
            style_map="p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh",
        ).value
    except (ValueError, KeyError, IndexError, AttributeError, zipfile.BadZipFile, ExpatError) as error:
        raise Unreadable("ingest.broken") from error
    said = _properties(archive.read("docProps/core.xml")) if "docProps/core.xml" in archive.names() else {}
    return ParsedDocument(
        blocks=html_blocks.read(html),
        title=said.get(_TITLE, ""),
        language=said.get(_LANGUAGE, ""),
    )


def _no_picture(_: object) -> dict[str, str]:
    return {}


def _properties(data: bytes) -> dict[str, str]:
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - in the child; expat bounds how far entities may grow
    except ElementTree.ParseError:
        return {}
    return {element.tag: (element.text or "").strip() for element in root}

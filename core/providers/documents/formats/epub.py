"""E-books: the chapters of an EPUB in their reading order."""

import posixpath
from urllib.parse import unquote
from xml.etree import ElementTree

from core.ports.documents import DocumentBlock, DocumentHeading, ParsedDocument, Unreadable
from core.providers.documents.archive import Archive, is_zip, members, unpack
from core.providers.documents.decoding import decode
from core.providers.documents.sample import Sample

ENDINGS = (".epub",)

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_NAMES = {
    "c": "urn:oasis:names:tc:opendocument:xmlns:container",
    "o": "http://www.idpf.org/2007/opf",
    "d": "http://purl.org/dc/elements/1.1/",
    "n": "http://www.daisy.org/z3986/2005/ncx/",
}
_PAGES = ("application/xhtml+xml", "text/html")
_FONTS = (b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC")
"""Ways to encrypt that only keep fonts from being copied."""


def suits(sample: Sample) -> int:
    return 3 if is_zip(sample.data) and _CONTAINER in members(sample.data) else 0


def read(sample: Sample) -> ParsedDocument:
    archive = unpack(sample.data)
    if _locked(archive):
        raise Unreadable("ingest.encrypted")
    root = _xml(archive.read(_CONTAINER)).find(".//c:rootfile", _NAMES)
    path = root.get("full-path", "") if root is not None else ""
    package = _xml(archive.read(path))
    folder = posixpath.dirname(path)
    titles = _contents(archive, package, folder)
    found: list[DocumentBlock] = []
    for name in _spine(package, folder):
        if name in archive.names():
            found += _chapter(archive.read(name), titles.get(name, ""))
    return ParsedDocument(
        blocks=tuple(found),
        title=(package.findtext(".//d:title", "", _NAMES) or "").strip(),
        language=(package.findtext(".//d:language", "", _NAMES) or "").strip(),
    )


def _locked(archive: Archive) -> bool:
    if _ENCRYPTION not in archive.names():
        return False
    said = archive.read(_ENCRYPTION)
    return said.count(b"EncryptionMethod") > 0 and not any(name in said for name in _FONTS)


def _xml(data: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(data)  # noqa: S314 - in the child; expat bounds how far entities may grow
    except ElementTree.ParseError as error:
        raise Unreadable("ingest.broken") from error


def _path(folder: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(link.partition("#")[0])))


def _spine(package: ElementTree.Element, folder: str) -> list[str]:
    files = {
        item.get("id", ""): _path(folder, item.get("href", ""))
        for item in package.iterfind(".//o:manifest/o:item", _NAMES)
        if item.get("media-type") in _PAGES and "nav" not in item.get("properties", "").split()
    }
    order = [item.get("idref", "") for item in package.iterfind(".//o:spine/o:itemref", _NAMES)]
    return [files[key] for key in dict.fromkeys(order) if key in files]


def _contents(archive: Archive, package: ElementTree.Element, folder: str) -> dict[str, str]:
    """The name that the table of contents gives to each file, the first one where there are several."""
    titles: dict[str, str] = {}
    for item in package.iterfind(".//o:manifest/o:item", _NAMES):
        path = _path(folder, item.get("href", ""))
        if item.get("media-type") == "application/x-dtbncx+xml" and path in archive.names():
            for point in _xml(archive.read(path)).iterfind(".//n:navPoint", _NAMES):
                link = point.find("n:content", _NAMES)
                words = point.findtext("n:navLabel/n:text", "", _NAMES) or ""
                if link is not None:
                    titles.setdefault(_path(posixpath.dirname(path), link.get("src", "")), words.strip())
        elif "nav" in item.get("properties", "").split() and path in archive.names():
            titles |= _navigation(archive.read(path), posixpath.dirname(path))
    return titles


def _navigation(data: bytes, folder: str) -> dict[str, str]:
    from core.providers.documents import html_blocks

    titles: dict[str, str] = {}
    for link in html_blocks.parse(decode(data) or "").css("nav a[href]"):
        titles.setdefault(_path(folder, link.attributes.get("href") or ""), html_blocks.squeeze(link.text()))
    return titles


def _chapter(data: bytes, title: str) -> tuple[DocumentBlock, ...]:
    """The blocks of one file, under the name from the table of contents where it has no heading of its own."""
    from core.providers.documents import html_blocks

    found = html_blocks.read(decode(data) or "", without=frozenset({"nav"}))
    headed = any(isinstance(block, DocumentHeading) for block in found[:4])
    return found if headed or not found or not title else (DocumentHeading(text=title, level=1), *found)

import asyncio
import os
import signal
import sys
import threading
import zlib
from pathlib import Path

import pytest
import uvloop

from core.errors import Unreachable
from core.ports.documents import Unreadable
from core.providers.documents.reader import ChildLimits, SubprocessReader
from tests.core.providers.documents import samples


async def reason(data: bytes, *, limits: ChildLimits | None = None, name: str = "") -> str:
    with pytest.raises(Unreadable) as caught:
        await SubprocessReader(limits=limits).read(data, name=name)
    return caught.value.reason


async def test_a_document_comes_back_as_passages() -> None:
    found = await SubprocessReader().read(
        b"# Tea\n\nA drink.\x00 \xff\n\n## Green\n\nNot oxidised.", name="tea.md", link="https://a.org/t"
    )
    assert (found.title, found.uri, found.link) == ("Tea", "https://a.org/t", "https://a.org/t")
    assert [(p.section, p.text, p.position) for p in found.passages] == [
        ("", "A drink. \ufffd", 0),
        ("Green", "Not oxidised.", 1),
    ]


async def test_a_name_is_the_title_of_what_has_none() -> None:
    assert (await SubprocessReader().read(b"Words.", name="My notes v1.2.txt")).title == "My notes v1.2"
    assert (await SubprocessReader().read(b"Words.", name="Letter to Mr. Smith")).title == "Letter to Mr. Smith"


async def test_nothing_to_read_is_said() -> None:
    assert await reason(b"  \n\t ", name="a.txt") == "ingest.no_text"
    assert await reason(samples.pdf([[]])) == "ingest.no_text"


async def test_a_small_pdf_that_unpacks_to_a_gigabyte_is_refused() -> None:
    packed = zlib.compress(samples.deflated_spaces(1024), 9)
    bomb = samples.pdf_of([packed], filters="/Filter [/FlateDecode /FlateDecode] ")
    assert len(bomb) < 20_000
    assert await reason(bomb) == "ingest.too_large"


async def test_pages_that_lead_back_to_themselves_come_to_an_end() -> None:
    looped = samples.pdf_of([b"BT ET"] * 2, kids="2 0 R 4 0 R")
    assert await reason(looped) in ("ingest.broken", "ingest.no_text", "ingest.too_slow")


async def test_a_pdf_that_draws_without_end_is_stopped() -> None:
    drawing = b"BT /F 9 Tf " + b"(a) Tj 1 0 0 1 0 0 Tm " * 2_000_000 + b"ET"
    packed = zlib.compress(drawing, 1)
    assert (
        await reason(samples.pdf_of([packed], filters="/Filter /FlateDecode "), limits=ChildLimits(cpu=1))
        == "ingest.too_slow"
    )


async def test_html_nested_beyond_measure_is_stopped() -> None:
    assert await reason(b"<html>" + b"<div>" * 300_000 + b"deep", limits=ChildLimits(cpu=1)) == "ingest.too_slow"


async def test_html_nested_deeply_is_still_read() -> None:
    found = await SubprocessReader().read(b"<html><body>" + b"<div>" * 5_000 + b"deep")
    assert [passage.text for passage in found.passages] == ["deep"]


async def test_more_than_fits_into_memory_is_refused() -> None:
    text = b"word " * (8 * samples.MEGABYTE)
    assert await reason(text, limits=ChildLimits(memory=160 * samples.MEGABYTE)) == "ingest.too_large"


async def test_more_text_than_a_book_has_is_refused() -> None:
    assert await reason(b"many words " * 800_000) == "ingest.too_large"


async def test_word_xml_that_multiplies_itself_is_refused() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a>&e9;</a>'
    assert await reason(samples.archive({"word/document.xml": laughs}), limits=ChildLimits(cpu=5)) == "ingest.broken"


def stub(tmp_path: Path, body: str) -> str:
    """A program in the place of the child's Python."""
    path = tmp_path / "python"
    path.write_text(f"#!{sys.executable}\nimport os, signal, sys\n{body}\n")
    path.chmod(0o755)
    return str(path)


async def test_cancelling_kills_the_child(tmp_path: Path) -> None:
    pipe = tmp_path / "pid"
    os.mkfifo(pipe)
    python = stub(tmp_path, f"open({str(pipe)!r}, 'w').write(str(os.getpid()))\nsignal.pause()")
    reading = asyncio.create_task(SubprocessReader(python=python).read(b"words"))
    pid = int(await asyncio.to_thread(pipe.read_text))
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_child_that_hangs_is_ended(tmp_path: Path) -> None:
    python = stub(tmp_path, "signal.pause()")
    with pytest.raises(Unreadable) as caught:
        await SubprocessReader(python=python, limits=ChildLimits(wall=1)).read(b"words")
    assert caught.value.reason == "ingest.too_slow"


async def test_a_child_that_somebody_else_ended_may_be_tried_again(tmp_path: Path) -> None:
    python = stub(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(Unreachable):
        await SubprocessReader(python=python).read(b"words")


async def test_a_child_that_crashes_blames_the_document(tmp_path: Path) -> None:
    python = stub(tmp_path, f"os.kill(os.getpid(), {int(signal.SIGSEGV)})")
    with pytest.raises(Unreadable) as caught:
        await SubprocessReader(python=python).read(b"words")
    assert caught.value.reason == "ingest.broken"


def test_reading_works_from_a_loop_in_a_thread_as_workers_have_it() -> None:
    titles: list[str] = []

    def work() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            titles.append(runner.run(SubprocessReader().read(b"Words.", name="a.txt")).title)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert titles == ["a"]


async def test_the_child_starts_without_heavy_libraries() -> None:
    program = "import sys, core.providers.documents.subprocess\nprint(sorted({'numpy', 'aiohttp', 'sqlalchemy', 'trafilatura', 'pypdf'} & sys.modules.keys()))"
    root = str(Path(__file__).parents[4])
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-c", program, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": root}
    )
    out, _ = await child.communicate()
    assert out.strip() == b"[]"

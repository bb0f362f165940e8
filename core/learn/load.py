"""Reading a course's folder, with every mistake in it told at once."""

import re
from collections import Counter
from pathlib import Path

from core.errors import Malformed
from core.learn.check import check_item, check_words
from core.learn.course import Course, CourseFile, Unit, UnitFile, Word
from core.learn.notes import sections
from core.learn.yaml_lines import Problem, YamlDocument

_NAME = re.compile(r"(\d+)-([a-z0-9-]+)")


class BadCourse(Malformed):
    """A course that cannot be used; `problems` says file, line and mistake, and so does the message."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def load(folder: Path) -> Course:
    """The course in a folder: `course.yaml`, `words/*.yaml`, and `units/<number>-<code>.yaml` with `.md` beside it.

    Raises `BadCourse` with all mistakes of all files.
    """
    head = YamlDocument(folder / "course.yaml")
    about = head.check(CourseFile)
    word_sheets = [YamlDocument(file) for file in sorted((folder / "words").glob("*.yaml"))]
    words = [(sheet, number, word) for sheet in word_sheets for number, word in _words(sheet)]
    unit_sheets = [YamlDocument(file) for file in sorted((folder / "units").glob("*.yaml"))]
    units = [(sheet, unit) for sheet in unit_sheets if (unit := _unit(sheet))]
    if not unit_sheets:
        head.say((), "the course has no units")
    check_words(words, units)
    sheets = (head, *word_sheets, *unit_sheets)
    problems = tuple(one for sheet in sheets for one in sorted(sheet.problems, key=lambda problem: problem.line))
    if problems or about is None:
        raise BadCourse(problems)
    return Course(
        code=folder.name,
        words=tuple(word for _, _, word in words),
        units=tuple(sorted((unit for _, unit in units), key=lambda unit: unit.number)),
        **about.model_dump(),
    )


def load_all(folder: Path) -> tuple[Course, ...]:
    """Every course of a folder of courses, by name. Raises `BadCourse` for the first that cannot be used."""
    return tuple(load(inner.parent) for inner in sorted(folder.glob("*/course.yaml")))


def _words(sheet: YamlDocument) -> list[tuple[int, Word]]:
    if sheet.problems:
        return []
    if not isinstance(sheet.data, list):
        sheet.say((), "a list of words is wanted here")
        return []
    found = [(number, sheet.part((number,), entry, Word)) for number, entry in enumerate(sheet.data)]
    return [(number, word) for number, word in found if word]


def _unit(sheet: YamlDocument) -> Unit | None:
    name = _NAME.fullmatch(sheet.file.stem)
    if name is None:
        sheet.say((), "a unit's file is called <number>-<code>.yaml")
        return None
    content = sheet.check(UnitFile)
    note = sheet.file.with_suffix(".md")
    if not note.is_file():
        sheet.say((), f"the grammar note {note.name} is missing")
        return None
    if content is None:
        return None
    for word, times in Counter(content.words).items():
        if times > 1:
            sheet.say(("words",), f"words: {word} is listed twice")
    for number, item in enumerate(content.items):
        check_item(sheet, number, item)
    return Unit(
        code=name[2],
        number=int(name[1]),
        title=content.title,
        words=content.words,
        items=content.items,
        note=sections(note.read_text(encoding="utf-8"), content.title.get("en", name[2])),
    )

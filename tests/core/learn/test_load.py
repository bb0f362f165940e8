from collections.abc import Mapping
from pathlib import Path

import pytest

from core.learn.load import BadCourse, load, load_all

COURSE = "title: {en: Mini}\nabout: {en: A course}\nlanguage: tok\nname: {en: Toki Pona}\n"
WORDS = """\
- word: moku
  part: verb
  gloss: {en: eat}
  senses: [{part: verb, means: to eat}]
  examples: [{text: mi moku., means: I eat.}]
- word: lape
  part: verb
  gloss: {en: sleep}
  senses: [{part: verb, means: to sleep}]
  examples: [{text: mi lape., means: I sleep.}]
"""
UNIT = "title: {en: One}\nwords: [moku, lape]\n"


def written(folder: Path, files: Mapping[str, str]) -> Path:
    whole = {"course.yaml": COURSE, "words/all.yaml": WORDS, "units/01-one.yaml": UNIT, "units/01-one.md": "Hi."}
    for name, text in (whole | dict(files)).items():
        file = folder / "mini" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / "mini"


def told(folder: Path, files: Mapping[str, str]) -> list[str]:
    with pytest.raises(BadCourse) as caught:
        load(written(folder, files))
    return [f"{one.file.relative_to(folder / 'mini')}:{one.line}: {one.text}" for one in caught.value.problems]


def test_a_whole_course_loads(tmp_path: Path) -> None:
    course = load(written(tmp_path, {}))
    assert (course.code, [unit.code for unit in course.units], len(course.words)) == ("mini", ["one"], 2)
    assert [one.code for one in load_all(tmp_path)] == ["mini"]


def test_broken_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    (problem,) = told(tmp_path, {"course.yaml": "title: {en: Mini}\nabout: [\n"})
    assert problem.startswith("course.yaml:3:")


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    problems = told(
        tmp_path,
        {
            "course.yaml": COURSE + "colour: red\n",
            "words/all.yaml": WORDS.replace("part: verb\n  gloss: {en: sleep}", "part: dance\n  gloss: {vi: ngủ}"),
            "units/01-one.yaml": UNIT + "items:\n  - form: choice\n    prompt: p\n    answer: a\n    wrong: [a, b]\n",
        },
    )
    assert [problem.split(": ")[0] for problem in problems] == [
        "course.yaml:5",
        "words/all.yaml:7",
        "words/all.yaml:8",
        "units/01-one.yaml:2",
        "units/01-one.yaml:7",
    ]
    assert "both right and wrong" in problems[-1]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("words/all.yaml", WORDS + WORDS[: WORDS.index("- word: lape")], "words/all.yaml:11: moku is entered twice"),
        ("words/all.yaml", "moku: eat\n", "words/all.yaml:1: a list of words is wanted here"),
        ("words/all.yaml", WORDS.replace("  part: verb\n", "  part: verb\n  part: noun\n", 1), "words/all.yaml:3: part: given twice"),
        ("units/01-one.yaml", UNIT.replace("lape", "moku"), "units/01-one.yaml:2: words: moku is listed twice"),
        ("units/01-one.yaml", UNIT.replace("lape]", "lape, pona]"), "units/01-one.yaml:2: pona is not in the dictionary"),
        ("units/01-one.yaml", "title: {en: One}\nwords:\n  - moku\n", "words/all.yaml:6: lape is in no unit"),
        ("units/02-two.yaml", UNIT, "units/02-two.yaml:1: the grammar note 02-two.md is missing"),
        ("units/two.yaml", UNIT, "units/two.yaml:1: a unit's file is called <number>-<code>.yaml"),
        ("units/01-one.yaml", UNIT + "items:\n- {form: cloze, prompt: mi, answer: a}\n", "a cloze item needs a gap"),
        ("units/01-one.yaml", UNIT + "items:\n- {form: listening, prompt: p, answer: a}\n", "needs what it says"),
        ("units/01-one.yaml", UNIT + "items:\n- {form: ordering, prompt: p, answer: a b}\n", "three pieces"),
        ("units/01-one.yaml", UNIT + "items:\n- {form: choice, prompt: p, answer: a, wrong: [b]}\n", "two wrong choices"),
        ("units/01-one.yaml", UNIT + "items:\n- {form: typed, prompt: p, answer: a, word: x}\n", "x is not in the dictionary"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_where_it_is(tmp_path: Path, file: str, text: str, expected: str) -> None:
    assert any(expected in problem for problem in told(tmp_path, {file: text}))

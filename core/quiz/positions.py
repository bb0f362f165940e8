"""Naming a choice by its place: digits, letters, their names in several languages, and how speech writes those down."""

import re

from core.quiz.fold import fold

_LEADING = """
    option answer number letter choice no the it is its i think say pick choose take
    opción opcion respuesta número numero letra es creo que
    câu đáp án số chữ chọn là phương
    选项 答案 选择 选 是
"""
_LEAD = frozenset(_LEADING.split())
_TRAIL = frozenset({"please", "nhé", "ạ", "porfavor", "吧"})
_NAMES: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split())
    for line in (
        "one first uno una primero primera một nhất 一 第一 第一个",
        "two second dos segundo segunda hai nhì 二 两 第二 第二个",
        "three third tres tercero tercera ba 三 第三 第三个",
        "four fourth cuatro cuarto cuarta bốn tư 四 第四 第四个",
        "five fifth cinco quinto quinta năm 五 第五 第五个",
        "six sixth seis sexto sexta sáu 六 第六 第六个",
        "seven seventh siete séptimo séptima bảy 七 第七 第七个",
        "eight eighth ocho octavo octava tám 八 第八 第八个",
    )
)
_HEARD: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split())
    for line in (
        "ay eh hey won alpha",
        "bee be bea bi bê bờ bravo to too tu",
        "see sea si cee ce xê cờ charlie tree free",
        "dee di de đê dê delta for fore",
        "ee echo",
        "ef eff foxtrot sex",
        "gee ge golf",
        "aitch hotel ate",
    )
)


def point(text: str, *, spoken: bool = False) -> int | None:
    """The place that the words name, counting from 0, or `None` when they name none.

    With `spoken`, what a recogniser writes for a letter or a digit ("bee", "to", "sea") counts too.
    """
    words = _stripped(re.sub(r"^(选|第)(?=[a-z0-9])", "", fold(text)).split())
    return _place(words[0], spoken) if len(words) == 1 else None


def points(text: str, count: int) -> tuple[int, ...] | None:
    """An order of all `count` places ("c a b", "CAB", "3,1,2", "312"), or `None` when the words are no such order."""
    words = fold(text).split()
    if len(words) == 1 and count > 1:
        words = list(words[0])
    places = [_place(word, spoken=False) if len(word) <= 2 else None for word in words]
    found = tuple(place for place in places if place is not None)
    return found if len(places) == count and sorted(found) == list(range(count)) else None


def _stripped(words: list[str]) -> list[str]:
    while len(words) > 1 and words[0] in _LEAD:
        words = words[1:]
    while len(words) > 1 and (
        words[-1] in _TRAIL or (words[-1] == "one" and _place(words[0], spoken=False) is not None)
    ):
        words = words[:-1]
    return words


def _place(word: str, spoken: bool) -> int | None:
    if re.fullmatch(r"[0-9]{1,2}", word):
        return int(word) - 1 if int(word) else None
    if re.fullmatch(r"[a-z]", word):
        return ord(word) - ord("a")
    for names in (_NAMES, _HEARD) if spoken else (_NAMES,):
        for place, known in enumerate(names):
            if word in known:
                return place
    return None

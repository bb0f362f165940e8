"""What has to hold across the files of a course."""

from collections.abc import Mapping, Sequence, Set

from core.learn.course import HandwrittenItem, Unit, Word
from core.learn.yaml_lines import YamlDocument

GAP = "___"


def check_item(sheet: YamlDocument, number: int, item: HandwrittenItem) -> None:
    """Note what a hand-written question lacks."""
    place = ("items", number)
    wrong = {text.casefold() for text in item.wrong}
    for answer in item.answer:
        if answer.casefold() in wrong:
            sheet.say((*place, "wrong"), f"“{answer}” is both right and wrong")
    if len(wrong) < len(item.wrong):
        sheet.say((*place, "wrong"), "a wrong choice is given twice")
    for missing, field, text in (
        (item.form == "choice" and len(item.wrong) < 2, "wrong", "a choice item needs two wrong choices or more"),
        (item.form == "listening" and not item.say, "say", "a listening item needs what it says"),
        (item.form == "cloze" and GAP not in item.prompt, "prompt", f"a cloze item needs a gap, {GAP}"),
        (item.form == "ordering" and len(item.answer[0].split()) < 3, "answer", "an order needs three pieces or more"),
        (
            item.form in ("ordering", "typed", "cloze") and bool(item.wrong),
            "wrong",
            f"{item.form} takes no wrong choices",
        ),
    ):
        if missing:
            sheet.say((*place, field), text)


def check_words(words: Sequence[tuple[YamlDocument, int, Word]], units: Sequence[tuple[YamlDocument, Unit]]) -> None:
    """Note words that are entered or taught twice, or taught and not entered, or the other way round.

    `words` come with the file and their place in it, units with their file.
    """
    taught = {word: unit.code for _, unit in reversed(units) for word in unit.words}
    entered: set[str] = set()
    for sheet, number, entry in words:
        if entry.word in entered:
            sheet.say((number, "word"), f"{entry.word} is entered twice")
        elif entry.word not in taught:
            sheet.say((number, "word"), f"{entry.word} is in no unit")
        entered.add(entry.word)
    for sheet, unit in units:
        _check_unit(sheet, unit, taught, entered)


def _check_unit(sheet: YamlDocument, unit: Unit, taught: Mapping[str, str], entered: Set[str]) -> None:
    for number, word in enumerate(unit.words):
        if word not in entered:
            sheet.say(("words", number), f"{word} is not in the dictionary")
        elif taught[word] != unit.code:
            sheet.say(("words", number), f"{word} is taught already, in {taught[word]}")
    for number, item in enumerate(unit.items):
        if item.word and item.word not in entered:
            sheet.say(("items", number, "word"), f"{item.word} is not in the dictionary")

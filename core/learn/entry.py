"""Dictionary entries and grammar notes as people read them."""

from core.learn.course import Section, Word


def entry_text(word: Word, locale: str, *, examples: int = 3) -> str:
    """A whole entry in Markdown: the word, its short meaning, its senses and some examples."""
    spelled = " / ".join((word.word, *word.also))
    lines = [f"**{spelled}**: {word.meaning(locale)}"]
    lines += [f"- *{sense.part}*: {sense.means}" for sense in word.senses]
    lines += [f"- {example.text} = {example.means}" for example in word.examples[:examples]]
    return "\n".join(lines)


def short_text(word: Word, locale: str) -> str:
    """A word and its short meaning as an item of a list."""
    return f"- **{word.word}**: {word.meaning(locale)}"


def line_text(word: Word, locale: str) -> str:
    """A word, its short meaning and one example on two lines."""
    example = word.examples[0]
    return f"**{word.word}**: {word.meaning(locale)}\n*{example.text}* {example.means}"


def pieces(sections: tuple[Section, ...], limit: int = 700) -> tuple[str, ...]:
    """Sections in Markdown, packed into as few texts as chat-sized `limit` (characters) allows, cut at blank lines."""
    packed: list[str] = []
    for section in sections:
        block = f"**{section.heading}**"
        for paragraph in section.text.split("\n\n"):
            if len(block) + len(paragraph) + 2 > limit:
                packed.append(block)
                block = paragraph
            else:
                block = f"{block}\n\n{paragraph}"
        if packed and len(packed[-1]) + len(block) + 2 <= limit:
            block = f"{packed.pop()}\n\n{block}"
        packed.append(block)
    return tuple(packed)

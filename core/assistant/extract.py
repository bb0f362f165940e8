"""Which sentences of the passages found answer a question, and whether any does."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.ports.knowledge import Hit

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_SENTENCE = re.compile(r"[^\n.!?。！？]*(?:[.!?](?!\s|$)[^\n.!?。！？]*)*[.!?。！？]*[”\"'»)]*")
_LINE = re.compile(r"[^\n]+")
_ITEM = re.compile(r"\s*(?:[-*+•|]|\d+[.)])\s+")
_SMALL_WORDS = (
    """a an the of to in on at by for from with without and or not is are was were be been am do does did have has had i you
    he she it we they me my your his her its our their this that these those what which who whom whose when where why how
    can could would should will shall may might must about into than then there here as if so tell explain know say mean
    means meaning please show give any some much many use used using work works form happens between difference""",
    """là gì ai nào sao thế có không của và hay hoặc trong ngoài trên dưới cho với tôi mình bạn nó này kia đó những các một
    được bị thì mà ở đâu khi bao giờ vì hãy nói biết nghĩa về như giữa dùng""",
    """el la los las un una unos unas de del al en por para con sin y o no es son era fue ser estar está están hay yo tú él
    ella lo le se me te nos su sus mi tu este esta esto ese esa eso qué cuál cuáles quién cuándo dónde cómo porqué por qué
    que como si puede puedes significa sobre dime explica entre usa""",
)
_SMALL = tuple(frozenset(listed.split()) for listed in _SMALL_WORDS)
_CHARACTERS = 2000
"""What is read of a question, as much as a search reads."""
_ENOUGH = 0.6
_SENTENCES = 3
_SHORT = 60
_COMMON = 4
_LONG = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """Words of a passage exactly as they stand there. `weight` is the share of the question's words it speaks to."""

    hit: Hit
    text: str
    weight: float


def extracts(question: str, hits: Sequence[Hit]) -> tuple[Extract, ...]:
    """The sentences that answer best, best first, at most one a passage; none when the passages are about something else.

    A passage counts when it and its headings speak to at least three fifths of the question's telling words; scores
    of a search cannot decide that, as even a search for nonsense has a best hit.
    """
    wanted = _narrowed(terms(question[:_CHARACTERS]), hits)
    if not wanted:
        return ()
    found: list[Extract] = []
    for rank, hit in enumerate(hits):
        if _share(wanted, _words(f"{hit.title} {hit.section} {hit.text}")) < _ENOUGH:
            continue
        best = _best(wanted, hit, rank)
        if best is not None and all(best.text != quote.text for quote in found):
            found.append(best)
    return tuple(sorted(found, key=lambda quote: -quote.weight)[:_SENTENCES])


def terms(question: str) -> frozenset[str]:
    """The telling words of a question: without the small words of the one language it is asked in, as "la" is none in English."""
    words = _words(question)
    return words - max(_SMALL, key=lambda small: len(small & words))


def _words(text: str) -> frozenset[str]:
    """The words of a text, and the pairs of characters where there are no spaces."""
    folded = text.casefold()
    pairs = {run[i : i + 2] for run in _UNSPACED.findall(folded) for i in range(max(1, len(run) - 1))}
    return frozenset({*_WORD.findall(_UNSPACED.sub(" ", folded)), *pairs})


def _narrowed(wanted: frozenset[str], hits: Sequence[Hit]) -> frozenset[str]:
    """The words that tell one passage from another: what nearly all titles say ("Toki Pona") is left out, unless nothing else is asked."""
    titles = [_words(hit.title) for hit in hits]
    telling = {word for word in wanted if sum(word in title for title in titles) <= len(titles) / 2}
    return frozenset(telling) or wanted


def _best(wanted: frozenset[str], hit: Hit, rank: int) -> Extract | None:
    sentences = list(_sentences(hit.text))
    heading = _words(f"{hit.title} {hit.section}")
    best: Extract | None = None
    for place, (start, end) in enumerate(sentences):
        here = _words(hit.text[start:end])
        weight = _share(wanted, here) + 0.25 * _share(wanted, here | heading) - 0.02 * rank - 0.001 * place
        if best is None or weight > best.weight:
            stop = _stop(wanted, hit.text, sentences[place : place + 2])
            best = Extract(hit=hit, text=hit.text[start:stop].strip(), weight=weight)
    return best


def _stop(wanted: frozenset[str], text: str, sentences: Sequence[tuple[int, int]]) -> int:
    """Where a quote that begins with the first sentence ends: with the second, where the first is short or leaves something asked to it."""
    start, end = sentences[0]
    if len(sentences) == 1:
        return end
    after = sentences[1][1]
    more = _share(wanted, _words(text[start:after])) > _share(wanted, _words(text[start:end]))
    return after if end - start < _SHORT or (more and after - start <= _LONG) else end


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence begins and ends; an item of a list or a row of a table is one, without its mark."""
    for line in _LINE.finditer(text):
        mark = _ITEM.match(line[0])
        if mark and _WORD.search(line[0], mark.end()):
            yield line.start() + mark.end(), line.end()
            continue
        for match in _SENTENCE.finditer(text, line.start(), line.end()):
            if _WORD.search(match[0]):
                yield match.start(), match.end()


def _share(wanted: frozenset[str], there: frozenset[str]) -> float:
    near: dict[str, list[str]] = {}
    for other in there:
        near.setdefault(other[:_COMMON], []).append(other)
    return sum(any(_alike(word, other) for other in near.get(word[:_COMMON], ())) for word in wanted) / len(wanted)


def _alike(one: str, other: str) -> bool:
    """The same word, or two forms of one: a beginning of four letters or more in common and little behind it."""
    if one == other:
        return True
    shorter = min(len(one), len(other))
    common = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    return common >= _COMMON and len(one) - common <= 3 and len(other) - common <= 3

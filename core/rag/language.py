"""Which language a text is in, as far as finding words again needs to know."""

import re
from collections import Counter

STEMMED = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
"""Languages whose words the database can reduce to stems (`english_stem` and so on)."""

_SCRIPTS = (
    ("el", "\u0370-\u03ff\u1f00-\u1fff"),
    ("ru", "\u0400-\u04ff"),
    ("hy", "\u0530-\u058f"),
    ("ar", "\u0600-\u06ff"),
    ("hi", "\u0900-\u097f"),
    ("ta", "\u0b80-\u0bff"),
)
_COMMON = {
    "da": "og det er en til på af ikke den der som med for har jeg",
    "de": "der die das und ist nicht ein eine zu den mit von auf im sich",
    "en": "the of and to a in is that it for was on with as are",
    "es": "de la que el en y los se del las un por con una es",
    "fr": "de la le et les des en un une du est que dans pour il",
    "it": "di e il la che un per non una sono del con le si della",
    "nl": "de het een en van ik te dat die in niet is op aan met",
    "pt": "de a o que e do da em um para não com uma os no",
    "sv": "och att det i en som på är av för med den till inte har",
    "tok": "li e la pi o mi sina ona jan toki pona ni tawa lon",
    "tr": "ve bir bu da de için ile çok olarak daha olan gibi ne en var",
}
_LISTS = {language: frozenset(listed.split()) for language, listed in _COMMON.items()}
_ENOUGH = 0.12
_SAMPLE = 20_000
_WORD = re.compile(r"[^\W\d_]+")


def stemming(language: str, text: str) -> str:
    """The code from `STEMMED` for a text, or empty where its words are kept as they are.

    `language` is a BCP 47 tag; when it is empty the text is judged by its script and its most common words.
    """
    code = language.replace("_", "-").partition("-")[0].lower()
    if code in ("nb", "nn"):
        code = "no"
    if code and code != "und":
        return code if code in STEMMED else ""
    return _guess(text[:_SAMPLE])


def _guess(text: str) -> str:
    letters = len(re.findall(r"[^\W\d_]", text))
    for language, script in _SCRIPTS:
        if letters and 2 * len(re.findall(f"[{script}]", text)) > letters:
            return language
    seen = Counter(_WORD.findall(text.lower()))
    shares = {
        language: sum(seen[word] for word in listed) / max(1, seen.total()) for language, listed in _LISTS.items()
    }
    best = max(shares, key=shares.__getitem__)
    return best if best in STEMMED and shares[best] >= _ENOUGH else ""

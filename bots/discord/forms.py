"""The modal form for a typed answer; pure."""

from collections.abc import Mapping
from typing import Any

from bots.discord.json_fields import text
from bots.json_fields import Json, inner, records
from core.phrases import phrase

_FORM_PREFIX = "write:"
_MODAL = 9
_LABEL, _INPUT = 18, 4
_SHORT = 1
_MAX_TITLE, _MAX_ANSWER = 45, 1000


def form_choice(quiz: str) -> str:
    """Return the choice that both the button that opens the form and the form itself carry."""
    return _FORM_PREFIX + quiz


def is_form_choice(choice: str) -> bool:
    return choice.startswith(_FORM_PREFIX)


def modal(custom_id: str, locale: str) -> Mapping[str, Any]:
    """Return the response that opens the form; Discord sends `custom_id` back with the submission."""
    label = phrase("form.answer", locale or "en")[:_MAX_TITLE]
    field = {"type": _INPUT, "custom_id": "words", "style": _SHORT, "required": True, "max_length": _MAX_ANSWER}
    data = {
        "custom_id": custom_id,
        "title": label,
        "components": [{"type": _LABEL, "label": label, "component": field}],
    }
    return {"type": _MODAL, "data": data}


def submitted_text(data: Json) -> str:
    """Return the text of a submitted form's fields, which are inside labels or, in the older layout, inside rows."""
    fields: list[Json] = []
    for part in records(data, "components"):
        labelled = inner(part, "component")
        fields += [labelled] if labelled is not None else records(part, "components")
    return "\n".join(words for field in fields if (words := text(field, "value").strip()))

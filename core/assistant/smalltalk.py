"""The little things people say, in the languages Sona speaks."""

import re
from typing import Literal

SmallTalk = Literal["greeting", "thanks", "bye", "well", "who"]

_SAID: dict[SmallTalk, str] = {
    "greeting": (
        "hi|hello|hey|hiya|good morning|good afternoon|good evening|hi there|hello there|hi sona|"
        "hello sona|hey sona|xin chào|chào|chào bạn|chào sona|xin chào sona|alo|chào buổi sáng|hola|"
        "buenas|buenos días|buenas tardes|buenas noches|hola sona|qué tal|toki|toki a"
    ),
    "thanks": (
        "thanks|thank you|thx|thanks a lot|thank you very much|many thanks|cảm ơn|cám ơn|cảm ơn bạn|"
        "cảm ơn nhiều|cảm ơn sona|gracias|muchas gracias|mil gracias|pona"
    ),
    "bye": (
        "bye|goodbye|see you|see you later|good night|bye bye|tạm biệt|hẹn gặp lại|chúc ngủ ngon|"
        "adiós|hasta luego|hasta mañana|chao|chau|tawa pona|mi tawa"
    ),
    "well": (
        "how are you|how are you doing|how is it going|how's it going|bạn khỏe không|"
        "bạn có khỏe không|khỏe không|cómo estás|como estas|cómo te va|sina pilin seme"
    ),
    "who": (
        "who are you|what are you|what is your name|what's your name|are you a bot|are you human|"
        "who is sona|what can you do|bạn là ai|bạn tên gì|tên bạn là gì|bạn làm được gì|"
        "bạn là người hay máy|quién eres|quien eres|cómo te llamas|como te llamas|qué eres|"
        "qué puedes hacer|qué sabes hacer|eres un bot|sina seme"
    ),
}


def small_talk(text: str) -> SmallTalk | None:
    """What kind of small talk a message is, if it is nothing more than that."""
    plain = " ".join(re.sub(r"[^\w\s']", " ", text.casefold()).split())
    return next((kind for kind, said in _SAID.items() if plain in said.split("|")), None)

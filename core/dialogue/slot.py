"""What one feature keeps in a conversation between turns."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from core.conversation import Conversation, SlotRecord
from core.errors import Malformed

SlotT = TypeVar("SlotT")


class Slot(Generic[SlotT]):
    """A feature's slot, read and written as a frozen dataclass whose fields all have defaults.

    `name` is the feature's. Raise `version` when the stored shape changes and pass `upgrade`, which turns the fields
    of any older version into those of this one. The slots of features that this process does not know are kept as they are.
    """

    def __init__(
        self,
        name: str,
        kind: type[SlotT],
        *,
        version: int = 1,
        upgrade: Callable[[int, Mapping[str, Any]], Mapping[str, Any]] | None = None,
    ) -> None:
        self._name = name
        self._kind = kind
        self._version = version
        self._upgrade = upgrade
        self._adapter = TypeAdapter(kind)

    def read(self, conversation: Conversation) -> SlotT:
        """The stored value, or the default one. Raises `Malformed` for a version or a shape that is not known."""
        record = conversation.slots.get(self._name)
        if record is None:
            return self._kind()
        if isinstance(record.value, self._kind):
            return record.value
        value = record.value
        if record.v != self._version:
            if self._upgrade is None or record.v > self._version:
                raise Malformed(f"the slot {self._name} has version {record.v}, but only {self._version} is known")
            value = self._upgrade(record.v, value)
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            raise Malformed(f"the slot {self._name} does not fit: {error.error_count()} problems") from error

    def write(self, conversation: Conversation, value: SlotT) -> Conversation:
        """The conversation with this value in the slot; a default value leaves the slot empty."""
        others = {name: record for name, record in conversation.slots.items() if name != self._name}
        if value != self._kind():
            others[self._name] = SlotRecord(v=self._version, value=value)
        return replace(conversation, slots=others)

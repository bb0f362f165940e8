"""What buttons carry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.telegram.callback import CHOICE_BYTES, INERT, LIMIT, decode, encode
from core.address import Address
from core.errors import Malformed

HERE, ELSEWHERE = Address("telegram", "7"), Address("telegram", "8")
KEY = b"key"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=13))
def test_a_choice_comes_back_to_its_own_chat_only(choice: str) -> None:
    data = encode(choice, HERE, KEY)
    assert len(data.encode()) <= LIMIT
    assert decode(data, HERE, KEY) == choice
    assert decode(data, ELSEWHERE, KEY) is None
    assert decode(data, HERE, b"another key") is None


def test_a_choice_as_long_as_possible_fits_and_a_longer_one_is_refused() -> None:
    assert len(encode("x" * CHOICE_BYTES, HERE, KEY)) == LIMIT
    for choice in ("x" * (CHOICE_BYTES + 1), "é" * CHOICE_BYTES, ""):
        with pytest.raises(Malformed):
            encode(choice, HERE, KEY)


@given(st.text(max_size=64))
def test_data_that_was_not_made_here_is_no_choice(data: str) -> None:
    assert decode(data, HERE, KEY) is None


def test_a_marked_button_carries_no_choice_and_a_changed_choice_is_noticed() -> None:
    assert decode(INERT, HERE, KEY) is None
    assert decode(encode("a", HERE, KEY)[:-1] + "b", HERE, KEY) is None

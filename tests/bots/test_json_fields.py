import pytest

from bots.json_fields import Json, inner, number, number_or_zero, record, records, string
from core.errors import Malformed


@pytest.mark.parametrize("parent", [{}, {"x": None}])
def test_a_missing_or_null_field_has_an_empty_value(parent: Json) -> None:
    assert inner(parent, "x") is None
    assert records(parent, "x") == ()
    assert string(parent, "x") == ""
    assert number_or_zero(parent, "x") == 0


@pytest.mark.parametrize("parent", [{}, {"x": None}, {"x": True}, {"x": 1.0}, {"x": "1"}, {"x": 2**63}])
def test_a_required_number_is_an_integer_that_fits_the_database(parent: Json) -> None:
    with pytest.raises(Malformed):
        number(parent, "x")


def test_values_of_the_right_type_are_returned_unchanged() -> None:
    assert record({"a": 1}, "x") == {"a": 1}
    assert inner({"x": {"a": 1}}, "x") == {"a": 1}
    assert records({"x": [{"a": 1}, {}]}, "x") == ({"a": 1}, {})
    assert string({"x": "a\0\ud800"}, "x") == "a\0\ud800"
    assert number({"x": -7}, "x") == number_or_zero({"x": -7}, "x") == -7


@pytest.mark.parametrize("value", [True, 7, "a", [], {}, [7]])
def test_values_of_the_wrong_type_are_malformed(value: object) -> None:
    accepted = {inner: dict, records: list, string: str, number_or_zero: int}
    for read, kind in accepted.items():
        if type(value) is not kind or value == [7]:
            with pytest.raises(Malformed):
                read({"x": value}, "x")

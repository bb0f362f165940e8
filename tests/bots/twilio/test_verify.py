"""Who may call."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.twilio.verify import HEADER, genuine, signature
from core.channel import Request
from tests.fakes.twilio import signed

PUBLISHED = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}


def _call(fields: dict[str, str], given: str, path: str = "/sms") -> Request:
    return Request(body=urlencode(fields).encode(), headers={HEADER: given}, path=path)


def test_the_published_example_is_genuine() -> None:
    request = _call(PUBLISHED, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "/myapp.php?foo=1&bar=2")
    assert genuine(request, public_url="https://mycompany.com", token="12345")
    assert not genuine(request, public_url="https://mycompany.com", token="12346")
    assert not genuine(request, public_url="https://mycompany.org", token="12345")


@pytest.mark.parametrize("named", ["https://a.example:443/sms", "https://a.example/sms"])
@pytest.mark.parametrize("ours", ["https://a.example:443/", "https://a.example"])
def test_the_usual_port_may_be_named_or_not(named: str, ours: str) -> None:
    assert genuine(_call(PUBLISHED, signed(named, PUBLISHED)), public_url=ours, token="12345")
    assert not genuine(
        _call(PUBLISHED, signed("https://a.example:8443/sms", PUBLISHED)), public_url=ours, token="12345"
    )


def test_nothing_is_genuine_without_a_signature_or_a_token_or_a_form() -> None:
    right = signed("https://a.example/sms", PUBLISHED)
    assert genuine(_call(PUBLISHED, right), public_url="https://a.example", token="12345")
    assert not genuine(_call(PUBLISHED, ""), public_url="https://a.example", token="12345")
    assert not genuine(_call(PUBLISHED, "é\udcff"), public_url="https://a.example", token="12345")
    empty = signature("https://a.example/sms", (), "")
    assert not genuine(
        Request(body=b"", headers={HEADER: empty}, path="/sms"), public_url="https://a.example", token=""
    )
    assert not genuine(
        Request(body=b"\xff", headers={HEADER: right}, path="/sms"), public_url="https://a.example", token="12345"
    )


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=9),
        st.text(st.characters(codec="utf-8"), max_size=20),
        max_size=9,
    )
)
def test_our_signature_is_twilios(fields: dict[str, str]) -> None:
    assert signature("https://a.example/sms?x=1", tuple(fields.items()), "12345") == signed(
        "https://a.example/sms?x=1", fields
    )

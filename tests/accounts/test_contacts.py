"""One spelling for each phone, e-mail and credit code, however it is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sun_commune.accounts.contacts import normalise_contact, normalise_email, normalise_phone, show_phone
from sun_commune.accounts.credit_codes import ALPHABET, check_character, normalise_credit_code

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
BODIES = st.tuples(
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
).map("".join)


def full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


@given(MOBILES, st.sampled_from(["", "+86", "86", "0086", "+86 ", "+86-"]), st.booleans(), st.sampled_from("  -"))
def test_every_way_to_write_a_mobile_is_one_number(digits: str, prefix: str, wide: bool, gap: str) -> None:
    typed = f" {prefix}{digits[:3]}{gap}{digits[3:7]}{gap}{digits[7:]} "
    assert normalise_phone(full_width(typed) if wide else typed) == f"+86{digits}"


@given(MOBILES)
def test_shown_phone_is_read_back(digits: str) -> None:
    assert normalise_phone(show_phone(f"+86{digits}")) == f"+86{digits}"


@given(st.text(max_size=400))
def test_any_text_gives_one_stable_contact_or_none(text: str) -> None:
    contact = normalise_contact(text)
    if contact is not None:
        assert bool(contact.phone) != bool(contact.email)
        assert len(contact.value) <= 254
        assert normalise_contact(contact.value) == contact


@pytest.mark.parametrize(
    "text", ["", "12345678901", "1380000123", "138000012345", "+8613800001234x", "+1 202 555 0100", "١٣٨٠٠٠٠١٢٣٤"]
)
def test_no_mobile(text: str) -> None:
    assert normalise_phone(text) is None


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" Zhang.San@Example.CN ", "zhang.san@example.cn"),
        ("ｚｓ＠ｅｘａｍｐｌｅ．ｃｎ", "zs@example.cn"),
        ("zs@EXAMPLE.test", "zs@example.test"),
        ("zs@localhost", None),
        ("zs@", None),
        ("@example.cn", None),
        ("a b@example.cn", None),
        ("zs@example.cn\nBcc: x@example.cn", None),
        ("zs@example..cn", None),
        ("x" * 250 + "@example.cn", None),
    ],
)
def test_email(text: str, email: str | None) -> None:
    assert normalise_email(text) == email


@given(BODIES)
def test_right_check_character_is_accepted(body: str) -> None:
    code = body + check_character(body)
    assert normalise_credit_code(code) == code
    assert normalise_credit_code(full_width(f" {code.lower()[:4]} {code.lower()[4:]}")) == code


@given(BODIES, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(body: str, place: int, char: str) -> None:
    wrong = body[:place] + char + body[place + 1 :]
    if wrong != body:
        assert normalise_credit_code(wrong + check_character(body)) is None


@pytest.mark.parametrize(
    "code",
    # Examples in wide use, so the weights and the alphabet here are those of everybody else.
    ["91350100M000100Y43", "92371000MA3MXH0E3W"],
)
def test_known_codes(code: str) -> None:
    assert normalise_credit_code(code) == code


@pytest.mark.parametrize(
    "code", ["", "91350100M000100Y4", "91350100M000100Y44", "9135010OM000100Y43", "91350100M000100Y43X"]
)
def test_wrong_codes(code: str) -> None:
    assert normalise_credit_code(code) is None


@given(st.text(max_size=60))
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = normalise_credit_code(text)
    assert code is None or (len(code) == 18 and normalise_credit_code(code) == code)

"""One-time codes: those of the standard, forgiving of clocks and of typing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sun_commune.accounts import one_time_codes as codes

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"),
     (20000000000, "353130")],
)  # fmt: skip
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """The vectors of RFC 6238, appendix B (SHA-1), cut to six digits."""
    assert codes.code_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", seconds // 30) == code


def test_clock_may_be_one_step_off() -> None:
    secret, step = codes.new_secret(), codes.step_of(START)
    code = codes.code_of(secret, step)
    found = [codes.find_step(secret, code, START + timedelta(seconds=30 * off)) for off in (-2, -1, 0, 1, 2)]
    assert found == [None, step, step, step, None]


@pytest.mark.parametrize(
    ("typed", "clean"),
    [("１２３ 456", "123456"), ("123-456", "123456"), (" k7qm-2ztp-9xwa ", "K7QM2ZTP9XWA"), ("十二", ""),
     ("12\n34", "1234"), ("²²²²²²", ""), (None, ""), ("<b>", "")],
)  # fmt: skip
def test_codes_may_be_typed_in_many_ways(typed: str | None, clean: str) -> None:
    assert codes.clean_code(typed) == clean

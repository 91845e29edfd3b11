"""Amounts in capitals, by the rules for filling in bills (支付结算办法, annex 1)."""

import pytest

from sun_commune.core.capitals import capitals

TABLE = {
    1: "壹分",
    10: "壹角整",
    11: "壹角壹分",
    100: "壹元整",
    101: "壹元零壹分",
    110: "壹元壹角整",
    1_000: "壹拾元整",
    1_005: "壹拾元零伍分",
    1_500: "壹拾伍元整",
    2_000: "贰拾元整",
    10_000: "壹佰元整",
    10_100: "壹佰零壹元整",
    11_000: "壹佰壹拾元整",
    10_550: "壹佰零伍元伍角整",
    100_000: "壹仟元整",
    100_100: "壹仟零壹元整",
    101_010: "壹仟零壹拾元壹角整",
    140_950: "壹仟肆佰零玖元伍角整",
    600_714: "陆仟零柒元壹角肆分",
    168_032: "壹仟陆佰捌拾元叁角贰分",
    1_640_902: "壹万陆仟肆佰零玖元零贰分",
    32_504: "叁佰贰拾伍元零肆分",
    1_000_000: "壹万元整",
    1_000_100: "壹万零壹元整",
    1_010_000: "壹万零壹佰元整",
    10_700_053: "壹拾万柒仟元伍角叁分",
    10_000_005: "壹拾万元零伍分",
    100_000_000: "壹佰万元整",
    123_456_789: "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分",
    1_000_000_000: "壹仟万元整",
    10_000_000_000: "壹亿元整",
    10_001_000_101: "壹亿零壹万零壹元零壹分",
    10_000_000_100: "壹亿零壹元整",
    20_000_212_012: "贰亿零贰仟壹佰贰拾元壹角贰分",
    99_999_999_999: "玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
    100_000_000_000: "壹拾亿元整",
    101_010_101_010: "壹拾亿壹仟零壹拾万壹仟零壹拾元壹角整",
}


@pytest.mark.parametrize(("fen", "words"), TABLE.items())
def test_table(fen: int, words: str) -> None:
    assert capitals(fen) == f"人民币{words}"


def test_every_amount_has_other_capitals() -> None:
    """Two amounts that read the same would defeat the purpose."""
    some = {*range(200_000), *range(0, 10**11, 987_654_321), *TABLE}
    assert len({capitals(fen) for fen in some}) == len(some)


@pytest.mark.parametrize("fen", [-1, 10**18])
def test_what_has_no_capitals(fen: int) -> None:
    with pytest.raises(ValueError, match="no capitals"):
        capitals(fen)

"""Settings: every one in README's table as the code has it; a bad value stops the start with one sentence."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from sun_commune.config import DEMO_SECRET, BadSetting, Settings, load_settings

README = Path(__file__).parents[2] / "README.md"


def shown_default(default: object) -> str:
    if isinstance(default, bool):
        return "1" if default else "0"
    return str(default)


def test_readme_table_is_the_code() -> None:
    rows = re.findall(r"^\| `(SUN_\w+)` \| (.*?) \| (.*?) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    wanted = [
        (f"SUN_{entry.name.upper()}", shown_default(entry.default), entry.metadata["doc"]) for entry in fields(Settings)
    ]
    assert rows == wanted


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SUN_DEMO", "perhaps", "must be 1 or 0"),
        ("SUN_HOLD_MINUTES", "0", "whole number of at least 1"),
        ("SUN_HOLD_MINUTES", "-5", "whole number"),
        ("SUN_HOLD_MINUTES", "half an hour", "whole number"),
        ("SUN_HOLD_MINUTES", "99999999999", "whole number"),
        ("SUN_DATABASE_URL", "mysql://x", "must begin with sqlite"),
        ("SUN_SECRET_KEY", DEMO_SECRET, "the demo's secret"),
        ("SUN_SECRET_KEY", "short", "16 characters"),
        ("SUN_FIELD_KEY", "zz", "64 hex digits"),
        ("SUN_CITY", "Mianyang", "4-digit"),
        ("SUN_BASE_URL", "sun.example", "http or https"),
        ("SUN_CAMPAIGN_HOSTS", "https://gongyi.qq.com", "host names"),
        ("SUN_MAIL_URL", "mail.example", "smtp"),
        ("SUN_SECOND_FACTOR", "required", "optional or staff"),
        ("SUN_LOG_LEVEL", "LOUD", "DEBUG, INFO"),
    ],
)
def test_bad_value_stops_the_start(tmp_path: Path, name: str, value: str, words: str) -> None:
    with pytest.raises(BadSetting, match=re.escape(words)) as stop:
        load_settings({"SUN_INSTANCE_PATH": str(tmp_path), name: value})
    sentence = str(stop.value)
    assert sentence.startswith("Sun Commune cannot start: ")
    assert name in sentence
    assert sentence.count("\n") == 0


def test_instance_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="SUN_INSTANCE_PATH"):
        load_settings({"SUN_INSTANCE_PATH": str(tmp_path / "file" / "x")})


def test_unknown_override_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="SUN_DEMON is not a setting"):
        load_settings({}, {"SUN_INSTANCE_PATH": str(tmp_path), "SUN_DEMON": "1"})


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first = load_settings({"SUN_INSTANCE_PATH": str(tmp_path)})
    second = load_settings({"SUN_INSTANCE_PATH": str(tmp_path)})
    assert (first.secret_key, first.field_key) == (second.secret_key, second.field_key)
    assert first.secret_key != first.field_key
    for key in (tmp_path / "keys").iterdir():
        assert key.stat().st_mode & 0o077 == 0


def test_all_state_moves_with_the_instance(tmp_path: Path) -> None:
    settings = load_settings({"SUN_INSTANCE_PATH": str(tmp_path / "elsewhere")})
    assert settings.database_url == f"sqlite:///{tmp_path / 'elsewhere' / 'sun.sqlite'}"


def test_demo_secret_is_fine_in_the_demo(tmp_path: Path) -> None:
    assert load_settings({"SUN_INSTANCE_PATH": str(tmp_path), "SUN_DEMO": "1"}).secret_key == DEMO_SECRET

"""Passwords: Argon2id, and which ones are too easy to guess. No rules of composition; long is what counts."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from flask_babel import lazy_gettext as _l

SHORTEST = 10
LONGEST = 128

#: Beginnings of what is tried first everywhere, and this site's own words. Digits after them do not help.
COMMON = (
    "password", "passw0rd", "p@ssw0rd", "p@ssword", "mypassword", "qwertyuiop", "qwerty", "1q2w3e4r5t", "1qaz2wsx",
    "qazwsxedc", "asdfghjkl", "zxcvbnm", "iloveyou", "woaini", "woaiwojia", "letmein", "welcome", "admin",
    "administrator", "changeme", "default", "football", "monkey", "dragon", "sunshine", "princess", "abc", "a", "aa",
    "aaa", "qq", "test", "guest", "root", "user", "wechat", "weixin", "zhongguo", "china", "beijing", "sichuan",
    "mianyang", "suncommune", "sun-commune", "sun commune", "yangguang", "yangguanggongshe", "yggs", "gongshe",
    "阳光公社", "阳光", "公社", "密码", "我的密码", "绵阳", "中国", "woshishui", "nihao", "5201314", "1314520",
)  # fmt: skip
RUNS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


@cache
def _hasher(cheap: bool) -> PasswordHasher:
    """The library's own parameters follow the advice of the day; the cheap ones are for tests alone."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if cheap else PasswordHasher()


def hasher() -> PasswordHasher:
    return _hasher(bool(current_app.testing and current_app.config.get("CHEAP_PASSWORDS")))


@cache
def _nobodys_hash(cheap: bool) -> str:
    return _hasher(cheap).hash("nobody has this password")


def normal(password: str) -> str:
    """One spelling for what looks the same on two keyboards; nothing is cut off."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    return hasher().hash(normal(password))


def fits(stored_hash: str | None, password: str) -> bool:
    """True if it is the password. Without a stored hash it computes as long as with one, and says no."""
    cheap = bool(current_app.testing and current_app.config.get("CHEAP_PASSWORDS"))
    try:
        right = hasher().verify(stored_hash or _nobodys_hash(cheap), normal(password)[: LONGEST * 2])
    except (VerificationError, InvalidHashError):
        return False
    return right and stored_hash is not None


def is_outdated(stored_hash: str) -> bool:
    """The parameters have changed since: hash again while the password is at hand."""
    return hasher().check_needs_rehash(stored_hash)


def find_weakness(password: str, *own_words: str | None) -> Any:
    """A sentence that says what is wrong with a new password, or None. ``own_words``: name, phone, e-mail."""
    password = normal(password)
    if len(password) < SHORTEST:
        return _l("Use at least %(least)s characters. A short sentence is easy to remember.", least=SHORTEST)
    if len(password) > LONGEST:
        return _l("Use at most %(most)s characters.", most=LONGEST)
    if any(_holds(password.casefold(), word) for word in own_words):
        return _l("Do not build the password from your name, phone or e-mail.")
    if _is_common(password.casefold()):
        return _l("This password is among those that are guessed first. Choose another one.")
    return None


def _is_common(low: str) -> bool:
    stem = low.strip("0123456789!@#$.,*?_- ")
    # One thing twice or thrice is no longer than once.
    repeats = any(low == low[:size] * (len(low) // size) + low[: len(low) % size] for size in range(1, 5))
    return stem == "" or stem in COMMON or repeats or any(low in run for run in RUNS)


def _holds(low: str, word: str | None) -> bool:
    """The word makes up most of the password: what is left is shorter than six characters."""
    parts = {(word or "").casefold(), (word or "").casefold().partition("@")[0], (word or "").removeprefix("+86")}
    return any(len(part) >= 2 and part in low and len(low.replace(part, "")) < 6 for part in parts)

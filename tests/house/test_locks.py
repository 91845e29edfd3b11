"""The locks name what pyproject.toml asks for, each package once and with hashes, and no host."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {
    "requirements.txt": DECLARED["project"]["dependencies"],
    "requirements-pdf.txt": DECLARED["dependency-groups"]["pdf"],
    "requirements-gateways.txt": DECLARED["dependency-groups"]["gateways"],
    "requirements-test.txt": DECLARED["dependency-groups"]["test"],
    "requirements-browser.txt": DECLARED["dependency-groups"]["browser"],
    "requirements-lint.txt": DECLARED["dependency-groups"]["lint"],
}


def locked(lock):
    """Version by package name."""
    words = (ROOT / lock).read_text(encoding="utf-8")
    found = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)", words, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize(("lock", "declared"), LOCKS.items())
def test_every_declared_package_is_locked_within_its_range(lock, declared):
    versions = locked(lock)
    for requirement in map(Requirement, (each for each in declared if isinstance(each, str))):
        version = versions.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in {lock}: compile the locks again (CONTRIBUTING.md)"
        assert version in requirement.specifier, f"{lock} has {requirement.name} {version}, not {requirement.specifier}"


def test_locks_agree_where_they_share_a_package():
    """They are installed together: two versions of one package cannot both be had."""
    seen = {}
    for lock in LOCKS:
        for name, version in locked(lock).items():
            assert seen.setdefault(name, version) == version, f"{lock} has another version of {name}"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes_and_no_address(lock):
    words = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.sub(r"^--no-binary python-alipay-sdk$", "", words, flags=re.MULTILINE)  # it has no wheel
    for entry in re.split(r"\n(?=\S)", packages.strip()):
        assert "--hash=sha256:" in entry, entry.splitlines()[0]
    assert "://" not in words
    assert "--index-url" not in words

"""Tests that need a program of somebody else's: skipped with the way to get it, and failing in CI, which brings it."""

from __future__ import annotations

import os
import shutil

import pytest


def needs(program: str) -> pytest.MarkDecorator:
    """``@needs("strace")``; Debian's package has the program's name. In CI the test runs, and fails without it."""
    is_missing = shutil.which(program) is None and os.environ.get("CI") != "true"
    return pytest.mark.skipif(is_missing, reason=f"{program} is not installed (Debian: apt-get install {program})")

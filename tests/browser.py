"""A real Chromium for the journeys: found on this machine, never downloaded.

Whatever drives a browser lives under ``tests/journeys``. Where Chromium or Playwright is missing those are
skipped with one line that names the remedy; with ``CI=true`` they fail instead. ``python3 sun.py test``
installs Playwright when it finds Chromium, or when it is told to with ``--browser``.
"""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from sun import find_chromium

JOURNEYS = Path(__file__).parent / "journeys"
# The browser talks to the page under test and to nobody else.
QUIET = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    """The Chromium that sun.py finds too; None when there is none."""
    return find_chromium()


def reason_for_no_browser() -> str | None:
    """Why no browser can be driven here, with the remedy; None when one can."""
    if not chromium_path():
        return "no Chromium found: install chromium, or name one in SUN_CHROMIUM"
    if not find_spec("pytest_playwright"):
        return "Playwright is not installed: run python3 sun.py test --browser"
    return None


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """How Playwright starts Chromium. Its sandbox cannot be set up by root, and only root goes without."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = [*QUIET, "--no-sandbox"] if is_root else QUIET
    return {**browser_type_launch_args, "executable_path": chromium_path(), "args": arguments}


class ModuleWithoutBrowser(pytest.Module):
    """Stands for a journey that cannot run here; its module is not imported, for it imports Playwright."""

    def collect(self) -> list[pytest.Item]:
        reason = reason_for_no_browser()
        if os.environ.get("CI") == "true":
            raise self.CollectError(f"CI must test in a browser: {reason}")
        pytest.skip(f"journeys: {reason}", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    if JOURNEYS in module_path.parents and reason_for_no_browser():
        return ModuleWithoutBrowser.from_parent(parent, path=module_path)
    return None

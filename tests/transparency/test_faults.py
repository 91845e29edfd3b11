"""The signer killed, or its disk failing, at every single file operation: never two histories, never a step back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sun_commune.core.db import db
from sun_commune.transparency import jobs, queries
from sun_commune.transparency.models import LogSeal
from sun_commune.transparency.notes import to_base64
from tests.programs import needs
from tests.transparency import faulty_signer
from tests.transparency.site import Signing, grow

pytestmark = pytest.mark.usefixtures("book_checks_alone")
ROOT = Path(__file__).parents[2]


def play(signing: Signing, how: str) -> list[dict[str, Any]]:
    """One line for each file operation of a signing of new leaves."""
    db.session.rollback()
    done = subprocess.run(
        [sys.executable, faulty_signer.__file__, str(signing.state), str(signing.publish), signing.url, how],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("how", ["error", "full", "killed"])
def test_every_file_operation_may_fail(signing: Signing, how: str) -> None:
    grow(3)
    signing.settle()
    grow(2)
    jobs.seal_log()
    seals = {row.size: row.root.hex() for row in db.session.query(LogSeal)}
    size = queries.log_size()
    lines = play(signing, how)
    assert len(lines) > 25, "some thirty calls write memory, key, policy, day, checkpoint and status"
    broken = [line for line in lines if line["status"] != faulty_signer.NOTHING_FAILED]
    expected = -9 if how == "killed" else faulty_signer.FAILED
    # What fails after the checkpoint is out may be told as a failure too; a kill is always a kill.
    assert {line["status"] for line in broken} == {expected}
    for line in lines:
        before, after, recovered = line["before"], line["after"], line["recovered"]
        assert before["shown"] <= after["shown"] <= after["known"], line  # known first, then shown
        for seen in (before, after, recovered):
            assert seen["root"] == seals[seen["shown"]], line
        assert (recovered["known"], recovered["shown"]) == (size, size), line
    assert {line["after"]["shown"] for line in broken} == {before["shown"], size}
    assert {line["after"]["known"] for line in broken} == {before["shown"], size}


@needs("strace")
@pytest.mark.one_database
def test_the_kernel_says_no(signing: Signing) -> None:
    """The same by the kernel's own answer, for a sample: the n-th fsync or rename of the real command fails."""
    grow(2)
    signing.settle()
    shown = (signing.publish / "checkpoint").read_bytes()
    command = [
        sys.executable, "-m", "sun_commune.transparency.signer", "run", "--once",
        "--state", str(signing.state), "--publish", str(signing.publish), "--database", signing.url,
    ]  # fmt: skip
    for call, error, number in (("fsync", "EIO", 1), ("fsync", "EIO", 2), ("rename", "ENOSPC", 1)):
        grow(1)
        jobs.seal_log()
        db.session.rollback()
        rule = f"inject={call}:error={error}:when={number}"
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", os.devnull, "-e", rule, *command],
            cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        if "ptrace" in done.stderr.lower():
            pytest.skip(f"this machine lets nobody trace: {done.stderr.strip()[:100]}")
        assert done.returncode == 1, done.stderr
        assert (signing.publish / "checkpoint").read_bytes() == shown
        signed = signing.sign()
        shown = (signing.publish / "checkpoint").read_bytes()
        assert to_base64(signed.root) in shown.decode()

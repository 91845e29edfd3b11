"""A second reading of the formats, by other people's code: Go's own sumdb packages over what the site publishes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.ledger.books import bring, give, reverse, spend
from tests.transparency.publish import publish
from tests.transparency.site import Signing, download, grow

SOURCE = Path(__file__).parent / "go" / "verify.go"
WHERE_FROM = "Go and golang.org/x/mod are missing: apt install golang-go golang-golang-x-mod-dev (Debian, Ubuntu)"
#: Where the distribution puts the sources of its Go libraries.
LIBRARIES = Path("/usr/share/gocode")
CHANGED_COPIES = 10_000


@pytest.fixture(scope="session")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built once for a run. Skipped with the way to get it where Go is missing; in CI that fails."""
    if shutil.which("go") is None or not (LIBRARIES / "src" / "golang.org" / "x" / "mod" / "sumdb").is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(WHERE_FROM)
        pytest.skip(WHERE_FROM)
    folder = tmp_path_factory.mktemp("go")
    shutil.copy(SOURCE, folder)
    environment = {
        **os.environ, "GO111MODULE": "off", "GOPATH": str(LIBRARIES), "GOCACHE": str(folder / "cache"), "GOFLAGS": "",
    }  # fmt: skip
    done = subprocess.run(
        ["go", "build", "-o", str(folder / "verify"), "verify.go"],
        cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "verify"


def verify(verifier: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(verifier), *options, str(folder)], capture_output=True, encoding="utf-8", check=False)


@pytest.fixture
def copy(client: FlaskClient, signing: Signing, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the site publishes, fetched from it, with an older checkpoint, the way from it, and receipts' proofs."""
    grow(40)
    give(donor_shown="张**")
    spend(cast.treasurer, cast.second_treasurer, amount_fen=100)
    bring()
    reversal = reverse(give())
    old = signing.settle()
    kept = client.get("/ledger/checkpoint").data
    uids = [*grow(230), reversal.uid]
    signing.seal_and_sign()
    folder = download(client, tmp_path / "copy", monkeypatch)
    (folder / "summary.json").unlink()  # ours alone; Go knows the formats that are everybody's
    (folder / "policy").unlink()
    files = {"old/checkpoint": kept}
    new = client.get("/ledger/summary.json").json["size"]
    files["consistency"] = client.get(f"/ledger/consistency/{old.size}/{new}").data
    for uid in (uids[0], uids[200], uids[-1]):
        for kind in ("tlog-proof", "leaf"):
            files[f"proofs/{uid}.{kind}"] = client.get(f"/ledger/proof/{uid}.{kind}").data
    for name, data in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.usefixtures("book_checks_alone")
def test_go_accepts_what_the_site_publishes_and_nothing_else(verifier: Path, copy: Path) -> None:
    done = verify(verifier, copy, "-mutate", str(CHANGED_COPIES), "-seed", "3")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{CHANGED_COPIES} changed copies refused" in done.stdout


@pytest.mark.one_database
def test_go_refuses_an_altered_copy(database_kind: str, verifier: Path, tmp_path: Path) -> None:
    """By hand, so that a program that refuses nothing would not pass."""
    publish(tmp_path, [b"a", b"b", b"c"], old=2, proofs=(1,))
    assert verify(verifier, tmp_path).returncode == 0
    leaf = tmp_path / "proofs" / "1.leaf"
    leaf.write_bytes(b"x")
    assert verify(verifier, tmp_path).returncode == 1
    leaf.write_bytes(b"b")
    (tmp_path / "checkpoint").write_bytes((tmp_path / "old" / "checkpoint").read_bytes())
    assert verify(verifier, tmp_path).returncode == 1

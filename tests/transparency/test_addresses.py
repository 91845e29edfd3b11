"""The log's public addresses: what C2SP names, byte by byte, and nothing beyond what there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.transparency import jobs, merkle, queries, sunverify
from sun_commune.transparency.notes import Checkpoint, Proof, open_checkpoint, to_base64
from sun_commune.transparency.quorum import Policy
from sun_commune.transparency.tiles import unpack_entries
from tests.cast import Cast
from tests.ledger.books import bring, give, reverse, spend
from tests.transparency.site import ORIGIN, Signing, grow

pytestmark = pytest.mark.usefixtures("book_checks_alone")


def body(client: FlaskClient, path: str) -> bytes:
    with client.get(path) as answer:
        assert answer.status_code == 200, path
        return bytes(answer.data)


def test_before_anything_is_signed(client: FlaskClient, signing: Signing) -> None:
    give()
    for path in ("checkpoint", "key", "policy", "summary.json", "checkpoints/2026-01-01", "tile/0/000.p/1"):
        assert client.get(f"/ledger/{path}").status_code == 404, path
    assert client.get("/ledger/alarms").data == b""


def test_checkpoint_key_and_policy(client: FlaskClient, signing: Signing) -> None:
    give()
    signed = signing.seal_and_sign()
    checkpoint, _note = open_checkpoint(body(client, "/ledger/checkpoint"), [signing.key])
    assert checkpoint == signed == Checkpoint(ORIGIN, 1, merkle.root_of(map(merkle.leaf_hash, queries.leaves_at(0, 9))))
    assert body(client, "/ledger/key").decode() == f"{signing.key}\n"
    assert Policy.read(body(client, "/ledger/policy").decode()).logs == [signing.key]
    (day,) = (path.name for path in (signing.publish / "checkpoints").iterdir())
    assert body(client, f"/ledger/checkpoints/{day}") == body(client, "/ledger/checkpoint")
    answer = client.get("/ledger/checkpoint")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=10"
    assert client.get("/ledger/checkpoint", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_tiles_and_bundles(client: FlaskClient, signing: Signing) -> None:
    grow(300)
    signing.seal_and_sign()
    leaves = queries.leaves_at(0, 300)
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    assert body(client, "/ledger/tile/0/000") == b"".join(hashes[:256])
    assert body(client, "/ledger/tile/0/001.p/44") == b"".join(hashes[256:])
    assert body(client, "/ledger/tile/1/000.p/1") == merkle.root_of(hashes[:256])
    assert unpack_entries(body(client, "/ledger/tile/entries/000")) == list(leaves[:256])
    assert unpack_entries(body(client, "/ledger/tile/entries/001.p/44")) == list(leaves[256:])
    answer = client.get("/ledger/tile/0/000")
    assert answer.content_type == "application/octet-stream"
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    ["0/001", "0/001.p/45", "0/002", "0/0", "00/000", "8/000", "-1/000", "1/000", "1/000.p/2", "x/000", "entries/002",
     "entries/001", "²/000", "9" * 5000 + "/000", "0/" + "x999/" * 2000 + "999", "0/x999/x999/x999/x999/x999/999",
     "0/000.p/0", "99999999999999999999/000"],
)  # fmt: skip
def test_no_tile(client: FlaskClient, signing: Signing, path: str) -> None:
    grow(300)
    signing.seal_and_sign()
    assert client.get(f"/ledger/tile/{path}").status_code == 404


@pytest.mark.parametrize("day", ["2026-13-01", "..", "../key", "checkpoint", "2026-1-1", "٢٠٢٦-٠١-٠١"])
def test_no_day(client: FlaskClient, signing: Signing, day: str) -> None:
    give()
    signing.seal_and_sign()
    assert client.get(f"/ledger/checkpoints/{day}").status_code == 404


def test_consistency(client: FlaskClient, signing: Signing) -> None:
    grow(3)
    old = signing.seal_and_sign()
    grow(5)
    new = signing.seal_and_sign()
    lines = body(client, f"/ledger/consistency/{old.size}/{new.size}").decode().split()
    proof = [sunverify.from_base64(line) for line in lines]
    assert merkle.is_consistent(old.size, new.size, old.root, new.root, proof)
    for pair in ("0/3", "3/2", f"3/{new.size + 1}", "-1/2", "03/8", "3/²", "1/" + "9" * 5000, "x/8"):
        assert client.get(f"/ledger/consistency/{pair}").status_code == 404


def test_proof_of_an_entry(client: FlaskClient, signing: Signing) -> None:
    gift = give(donor_shown="张**")
    assert client.get(f"/ledger/proof/{gift.uid}.tlog-proof").status_code == 404
    assert client.get(f"/ledger/proof/{gift.uid}.json").json["proof"] is None
    grow(4)
    signing.seal_and_sign()
    leaf = body(client, f"/ledger/proof/{gift.uid}.leaf")
    proof = Proof.read(body(client, f"/ledger/proof/{gift.uid}.tlog-proof"))
    checkpoint, _note = open_checkpoint(proof.checkpoint, [signing.key])
    found = merkle.is_included(
        proof.index, checkpoint.size, merkle.leaf_hash(leaf), proof.hashes, checkpoint.root
    )  # fmt: skip
    assert found
    bundle = client.get(f"/ledger/proof/{gift.uid}.json").json
    assert bundle["leaf"].encode() == leaf
    assert bundle["proof"].encode() == bytes(proof)
    assert bundle["openings"]["payer"]["value"] == "张**"
    assert bundle["keys"] == [str(signing.key)]
    for kind in ("json", "leaf", "tlog-proof"):
        assert client.get(f"/ledger/proof/ZMNOSUCH.{kind}").status_code == 404


def test_the_papers_fingerprint_is_not_opened_in_public(client: FlaskClient, signing: Signing, cast: Cast) -> None:
    give()
    voucher = spend(cast.treasurer, cast.second_treasurer)
    signing.seal_and_sign()
    bundle = client.get(f"/ledger/proof/{voucher.transfer_uid}.json").json
    assert json.loads(bundle["leaf"])["doc_c"] != ""
    assert bundle["openings"].keys() == {"memo"}


def test_summary_is_of_the_signed_size(client: FlaskClient, signing: Signing, cast: Cast) -> None:
    give(amount_fen=20_000)
    wrong = give(amount_fen=700)
    reverse(wrong)
    bring()
    spend(cast.treasurer, cast.second_treasurer, amount_fen=12_000)
    signed = signing.settle()
    before = client.get("/ledger/summary.json").json
    assert (before["size"], before["origin"], before["root"]) == (signed.size, ORIGIN, to_base64(signed.root))
    totals = {"raised": 20_000, "spent": 12_000, "refunded": 0, "held": 8_000, "advanced": 0, "unmatched": 0}
    assert before["totals"] == {**totals, "goods": 20_000, "entries_count": 5}
    give(amount_fen=111)
    reverse(give(amount_fen=5))
    assert client.get("/ledger/summary.json").json == before  # waiting
    jobs.seal_log()
    give(amount_fen=1)
    assert client.get("/ledger/summary.json").json == before  # sealed, not signed
    signing.settle()
    assert client.get("/ledger/summary.json").json["totals"]["raised"] == 20_112


def test_programs_are_the_very_files(client: FlaskClient, app: Flask) -> None:
    for name in ("sunverify.py", "sunwitness.py"):
        assert body(client, f"/{name}") == (Path(sunverify.__file__).parent / name).read_bytes()

"""From the slip to the proof that nobody has changed the entry of its gift, checked as anybody may."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from sun_commune.transparency import merkle
from sun_commune.transparency.notes import Proof, open_checkpoint
from tests.cast import Cast
from tests.ledger.books import give
from tests.receipts.papers import entry_of
from tests.receipts.test_issue_receipt import receipts
from tests.transparency.site import Signing


def test_slip_leads_to_a_proof_that_holds(app: Flask, client: FlaskClient, signing: Signing) -> None:
    give()
    (receipt,) = receipts()
    secret, uid = receipt.secret, entry_of(receipt).uid
    address = f"/receipts/{secret}.tlog-proof"
    assert client.get(address).status_code == 404  # not signed yet
    assert "as soon as the log is signed" in client.get(f"/en/receipts/{secret}").text
    signing.settle()
    assert address in client.get(f"/en/receipts/{secret}").text
    answer = client.get(address)
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert f"{uid}.tlog-proof" in answer.headers["Content-Disposition"]
    proof = Proof.read(answer.data)
    checkpoint, _note = open_checkpoint(proof.checkpoint, [signing.key])
    leaf = client.get(f"/ledger/proof/{uid}.leaf").data
    assert uid.encode() in leaf
    assert merkle.is_included(proof.index, checkpoint.size, merkle.leaf_hash(leaf), proof.hashes, checkpoint.root)


def test_no_slip_no_proof(app: Flask, client: FlaskClient, cast: Cast) -> None:
    give()
    (receipt,) = receipts()
    for wrong in (receipt.number, receipt.secret[:-1], "x" * 300):
        assert client.get(f"/receipts/{wrong}.tlog-proof").status_code == 404

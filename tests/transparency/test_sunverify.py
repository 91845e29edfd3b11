"""sunverify.py: takes what is right, refuses what was changed, and remembers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sun_commune.core.db import transaction
from sun_commune.ledger import services as ledger
from sun_commune.transparency import published, queries, sunverify
from sun_commune.transparency.signer import state
from tests.cast import Cast
from tests.ledger.books import bring, give, reverse, spend
from tests.transparency import mutations
from tests.transparency.mutations import entry
from tests.transparency.site import ORIGIN, Signing, download, grow

pytestmark = pytest.mark.usefixtures("book_checks_alone")
#: docs/transparency.md says how to run 10,000 of each.
CHANGED_FILES, HISTORIES = 1_000, 250
PROGRAM = [sys.executable, sunverify.__file__]


@pytest.fixture
def copy(client: FlaskClient, signing: Signing, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a site where something of all has happened."""
    give(amount_fen=50_000, donor_shown="张**")
    spend(cast.treasurer, cast.second_treasurer)
    bring()
    reverse(give())
    signing.settle()
    with transaction():
        ledger.close_periods(None, until="2017-12")
    grow(3)
    signing.seal_and_sign()
    return download(client, tmp_path / "copy", monkeypatch)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *map(str, arguments)], capture_output=True, encoding="utf-8", check=False)


def good(*arguments: str | Path) -> str:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def refused(*arguments: str | Path) -> str:
    done = run(*arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert done.stderr.startswith("REFUSED: ")
    return done.stderr


def test_a_sound_copy(copy: Path, signing: Signing) -> None:
    words = good("full", copy, "--key", str(signing.key))
    assert "good: 10 entries of sun.example/ledger" in words
    assert "first visit" in words
    assert "500.00 yuan" not in words  # raised: 50,000 fen and three times 100
    assert "503.00 yuan" in words
    assert "consistent with all earlier visits" in good("full", copy)


def test_changed_files_are_refused(copy: Path) -> None:
    files = mutations.read(copy)
    assert mutations.play_files(files, CHANGED_FILES, mutations.dice_of(7)) == CHANGED_FILES


@pytest.mark.one_database
def test_rewritten_histories_are_refused(database_kind: str) -> None:
    assert mutations.play_history(HISTORIES, mutations.dice_of(8)) == HISTORIES


@pytest.mark.one_database
def test_every_field_of_every_leaf(database_kind: str, tmp_path: Path) -> None:
    """Changed by whoever has the key and makes all the rest anew: the memory of one visit is enough."""
    first, dice = mutations.made_up_leaves(), mutations.dice_of(9)
    with mutations.own_memory():
        mutations.write(mutations.published(first), tmp_path)
        assert mutations.is_accepted(tmp_path)
        for number, leaf in enumerate(first):
            said = json.loads(leaf)
            for field, value in said.items():
                new = list(first)
                new[number] = mutations.leaves.canonical({**said, field: mutations.other_value(field, value, dice)})
                mutations.write(mutations.republished(new), tmp_path)
                assert not mutations.is_accepted(tmp_path), (number, field)


G = ("gift", "BANK", "FUND1", 500)
#: Logs with a sound signature and sound tiles, whose books are not sound: what a dishonest operator could sign.
UNSOUND = {
    "more out of a fund than it holds": [entry(1, *G), entry(2, "spending", "FUND1", "BANK", 501)],
    "a reversal of less": [entry(1, *G), entry(2, "gift", "FUND1", "BANK", 499, reverses="ZM000001")],
    "a reversal with the sides as they were": [entry(1, *G), entry(2, *G, reverses="ZM000001")],
    "a reversal of another kind": [entry(1, *G), entry(2, "refund", "FUND1", "BANK", 500, reverses="ZM000001")],
    "a reversal of nothing": [entry(1, *G), entry(2, "gift", "FUND1", "BANK", 500, reverses="ZM000009")],
    "a reversal twice": [
        entry(1, *G), entry(2, *G), entry(3, "gift", "FUND1", "BANK", 500, reverses="ZM000001"),
        entry(4, "gift", "FUND1", "BANK", 500, reverses="ZM000001"),
    ],
    "a reversal of a reversal": [
        entry(1, *G), entry(2, "gift", "FUND1", "BANK", 500, reverses="ZM000001"),
        entry(3, *G, reverses="ZM000002"),
    ],
    "one number twice": [entry(1, *G), entry(1, *G)],
    "nothing": [entry(1, "gift", "BANK", "FUND1", 0)],
    "less than nothing": [entry(1, "gift", "BANK", "FUND1", -5)],
    "too much": [entry(1, "gift", "BANK", "FUND1", 10**11 + 1)],
    "from an account to itself": [entry(1, "moved", "FUND1", "FUND1", 5)],
    "a fund that is the bank": [entry(1, *G), entry(2, "gift", "FUND1", "BANK", 5)],
    "goods from money": [entry(1, *G), entry(2, "goods", "GOODSOUT", "FUND1", 5)],
    "more settled than advanced": [
        entry(1, *G), entry(2, "advance", "ADVANCE1", "BANK", 100), entry(3, "settled", "FUND1", "ADVANCE1", 101),
    ],
    "an unknown kind": [entry(1, "present", "BANK", "FUND1", 5)],
    "a period before the day": [entry(1, *G).replace(b'"biz_date":"2026-01', b'"biz_date":"2026-03')],
    "another currency": [entry(1, *G).replace(b"CNY", b"USD")],
    "a field too many": [entry(1, *G).replace(b'"v":1', b'"v":1,"z":1')],
    "another version": [entry(1, *G).replace(b'"v":1', b'"v":2')],
    "another order of the fields": [entry(1, *G).replace(b'"cur":"CNY",', b"").replace(b'"v":1', b'"v":1,"cur":"CNY"')],
    "white space": [entry(1, *G).replace(b'"v":1', b'"v": 1')],
    "an amount in words": [entry(1, *G).replace(b'"amount_fen":500', b'"amount_fen":"500"')],
    "an amount with a point": [entry(1, *G).replace(b'"amount_fen":500', b'"amount_fen":500.0')],
    "no JSON": [b"{]"],
    "a list": [b"[]"],
    "a month closed twice": [mutations.closing("2026-01"), mutations.closing("2026-01")],
    "an entry in a closed month": [mutations.closing("2026-01"), entry(1, *G)],
    "a key that never began ends": [
        mutations.leaves.make_key_leaf(at="2026-01-01T00:00:00Z", key=str(mutations.KEY), state="ends")
    ],
}  # fmt: skip


def play(books: sunverify.Books, leaves: list[bytes]) -> None:
    for number, leaf in enumerate(leaves):
        books.add(number, leaf)


@pytest.mark.one_database
@pytest.mark.parametrize("name", UNSOUND)
def test_unsound_books_are_refused(database_kind: str, name: str, tmp_path: Path) -> None:
    with mutations.own_memory():
        mutations.write(mutations.republished(UNSOUND[name]), tmp_path)
        books = sunverify.Books()
        with pytest.raises(mutations.REFUSALS):
            play(books, UNSOUND[name])
        assert not mutations.is_accepted(tmp_path)


def test_totals_that_are_not_the_sums(copy: Path) -> None:
    summary = json.loads((copy / "summary.json").read_text())
    summary["totals"]["spent"] += 1
    (copy / "summary.json").write_text(json.dumps(summary))
    assert "The site says spent = 12001, the entries give 12000" in refused("full", copy)


def test_a_log_that_went_back(copy: Path, signing: Signing, client: FlaskClient, tmp_path: Path) -> None:
    """An older copy after a newer one: entries are gone."""
    older = tmp_path / "older"
    good("full", copy)
    grow(2)
    signing.seal_and_sign()
    sunverify.fetch("http://site", older)  # the fixture copy has put the client in the network's place
    good("full", older)
    assert "entries are gone" in refused("full", copy)


def test_a_key_that_changed_unsaid(copy: Path) -> None:
    """Another key over the very same log: whoever has seen the first one asks why."""
    good("full", copy)
    other = mutations.Ed25519PrivateKey.generate()
    key = mutations.notes.key_of(ORIGIN, other)
    text = published.checkpoint().note.text  # type: ignore[union-attr]  # it is there
    note = mutations.Note(text, (mutations.notes.sign(text, key, other),))
    (copy / "checkpoint").write_text(str(note))
    (copy / "key").write_text(f"{key}\n")
    assert "no key that the log itself names" in refused("full", copy)


def test_a_key_that_changed_in_the_open(copy: Path, signing: Signing, tmp_path: Path) -> None:
    good("full", copy)
    new = state.rotate(signing.state)
    signing.sign()
    signing.seal_and_sign()
    state.retire(signing.state)
    signing.sign()
    signing.seal_and_sign()
    later = tmp_path / "later"
    sunverify.fetch("http://site", later)
    assert "the key has changed since your last visit, and the log says so" in good("full", later)
    assert "not signed by the log's key" in refused("full", later, "--key", str(signing.key))
    good("full", later, "--key", str(new))


def bundle_of(client: FlaskClient, uid: str, path: Path) -> dict[str, Any]:
    bundle: dict[str, Any] = client.get(f"/ledger/proof/{uid}.json").json
    path.write_text(json.dumps(bundle))
    return bundle


def test_a_receipt(client: FlaskClient, signing: Signing, tmp_path: Path) -> None:
    gift = give(donor_shown="张**", amount_fen=32_001)
    path = tmp_path / "bundle.json"
    bundle_of(client, gift.uid, path)
    assert "not signed over this entry yet" in refused("receipt", path)
    grow(7)
    signing.settle()
    bundle = bundle_of(client, gift.uid, path)
    words = good("receipt", path, "--key", str(signing.key))
    assert f"  uid            {gift.uid}" in words
    assert "320.01 yuan" in words
    assert "张**" in words
    assert "compare it with the poster" in good("receipt", path)
    parts = (tmp_path / "a.tlog-proof", tmp_path / "a.leaf", tmp_path / "a.openings")
    for part, data in zip(parts, (bundle["proof"], bundle["leaf"], json.dumps(bundle["openings"])), strict=True):
        part.write_text(data)
    good("receipt", *parts, "--key", str(signing.key))
    good("receipt", *parts[:2], "--key", str(signing.key))
    assert "Name the log's key" in refused("receipt", *parts[:2])
    other = bundle_of(client, give().uid, tmp_path / "other.json")
    lies = [
        bundle | {"leaf": bundle["leaf"].replace("32001", "32002")},
        bundle | {"leaf": other["leaf"], "uid": other["uid"]},
        bundle | {"openings": {"payer": bundle["openings"]["payer"] | {"value": "李**"}}},
        bundle | {"openings": {"payer": bundle["openings"]["payer"] | {"salt": "00" * 32}}},
        bundle | {"proof": bundle["proof"].replace("index 0", "index 1")},
        bundle | {"proof": bundle["proof"].replace("\n8\n", "\n9\n").replace("\n9\n", "\n10\n")},
        bundle | {"uid": other["uid"]},
        bundle | {"proof": ""},
        {},
    ]
    for lie in lies:
        path.write_text(json.dumps(lie))
        refused("receipt", path, "--key", str(signing.key))


def test_every_changed_bit_of_a_receipt(
    client: FlaskClient, signing: Signing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gift = give()
    grow(5)
    signing.settle()
    bundle = bundle_of(client, gift.uid, tmp_path / "bundle.json")
    proof, leaf, keys = bundle["proof"].encode(), bundle["leaf"].encode(), [sunverify.Key(str(signing.key))]
    sunverify.check_receipt(proof, leaf, bundle["openings"], keys, [])
    for data, with_changed in (
        (proof, lambda changed: (changed, leaf)),
        (leaf, lambda changed: (proof, changed)),
    ):
        for at in range(len(data)):
            changed = bytearray(data)
            changed[at] ^= 1 << (at % 8)
            with pytest.raises(mutations.REFUSALS):
                sunverify.check_receipt(*with_changed(bytes(changed)), {}, keys, [])
    capsys.readouterr()


def test_two_histories_of_one_size(client: FlaskClient, signing: Signing, copy: Path, tmp_path: Path) -> None:
    """The receipt's checkpoint is signed, and is not the one that was seen of this size."""
    good("full", copy)
    kept = next((tmp_path / "sunverify").glob("*.json"))
    seen = json.loads(kept.read_text())
    kept.write_text(json.dumps({**seen, "root": "11" * 32}))
    gift = json.loads(queries.leaves_at(0, 1)[0])["uid"]
    bundle_of(client, gift, tmp_path / "bundle.json")
    assert "two histories" in refused("receipt", tmp_path / "bundle.json")


def test_consistency(client: FlaskClient, signing: Signing, tmp_path: Path) -> None:
    grow(3)
    old, new, proof = (tmp_path / name for name in ("old", "new", "proof"))
    first = signing.settle().size
    old.write_bytes(client.get("/ledger/checkpoint").data)
    grow(7)
    second = signing.seal_and_sign().size
    new.write_bytes(client.get("/ledger/checkpoint").data)
    proof.write_bytes(client.get(f"/ledger/consistency/{first}/{second}").data)
    key = ("--key", str(signing.key))
    assert f"{first} entries are the beginning of {second}" in good("consistency", old, new, proof, *key)
    refused("consistency", new, old, proof, *key)
    refused("consistency", old, new, old, *key)
    refused("consistency", old, new, proof)
    lines = proof.read_text().split()
    for wrong in (lines[:-1], lines[::-1], [*lines, lines[0]], []):
        proof.write_text("\n".join(wrong))
        refused("consistency", old, new, proof, *key)


def test_witnesses_that_somebody_asks_for(copy: Path, tmp_path: Path) -> None:
    private = mutations.Ed25519PrivateKey.generate()
    witness = mutations.notes.key_of("village.example", private, mutations.notes.COSIGNER)
    policy = tmp_path / "policy"
    policy.write_text(f"witness village {witness}\nquorum village\n")
    assert "has not cosigned" in refused("full", copy, "--witness", str(witness))
    assert "Too few of the witnesses" in refused("full", copy, "--policy", policy)
    note = mutations.Note.read((copy / "checkpoint").read_bytes())
    note = note.plus(mutations.notes.sign(note.text, witness, private, at=1_700_000_000))
    (copy / "checkpoint").write_text(str(note))
    good("full", copy, "--witness", str(witness))
    assert "cosigned by 1 of 1 witnesses on your list: village" in good("full", copy, "--policy", policy)
    spoilt = str(note).replace("village.example", "village.examples", 1)
    (copy / "checkpoint").write_text(spoilt)
    refused("full", copy, "--policy", policy)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    refused("full", tmp_path)
    refused("full", tmp_path, tmp_path)
    refused("receipt", tmp_path / "nothing.json")
    refused("fetch", "ftp://x", tmp_path)
    refused("consistency", tmp_path)
    refused("full", tmp_path, "--key", "nonsense")


def test_reader_who_goes_away_is_no_refusal(copy: Path) -> None:
    """``full FOLDER | head -1``: nobody reads on, so it ends without a word and not as if all were well."""
    with subprocess.Popen([*PROGRAM, "full", str(copy)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1


def test_unusual_spelling_is_held_to_the_same_rules() -> None:
    """Leaves with an escaped character go the long way; both ways end in the same books and the same refusals."""
    usual, escaped = sunverify.Books(), sunverify.Books()
    leaf = entry(1, "gift", "bank", "fund", 500)
    for books, said in ((usual, leaf), (escaped, leaf.replace(b'"ZM000001"', b'"\\u4e00"'))):
        assert bool(sunverify.USUAL.fullmatch(said.decode())) is (books is usual)
        books.add(0, said)
        with pytest.raises(sunverify.Refused, match="Entry 1 of the log has a number that was used before"):
            books.add(1, said)
    assert usual.totals() == escaped.totals()

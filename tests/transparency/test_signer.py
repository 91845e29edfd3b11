"""The signer: signs what has only grown, refuses everything else, tells the site, changes its key in the open."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from sun_commune.audit.models import AuditEntry
from sun_commune.core import clock, selfcheck
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict
from sun_commune.transparency import checks, jobs, published, queries
from sun_commune.transparency.models import DailyRoot
from sun_commune.transparency.notes import Key, open_checkpoint
from sun_commune.transparency.signer import __main__ as commands
from sun_commune.transparency.signer import reading, state
from sun_commune.transparency.signer.state import Refusal, State, Usage
from tests.ledger.books import give
from tests.ledger.test_selfcheck import put_guards_back, take_guards_off
from tests.transparency.site import ORIGIN, Signing, grow

pytestmark = pytest.mark.usefixtures("book_checks_alone")
OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
LOG_TABLES = ("log_leaves", "log_places", "log_seals", "log_tiles", "log_daily_roots")


def tamper(database_kind: str, *statements: str | tuple[str, dict[str, int]]) -> None:
    """As an intruder who owns the database, guards off and on again. BLOB is the database's word for bytes."""
    db.session.rollback()
    kept = take_guards_off(database_kind, *LOG_TABLES)
    with db.engine.begin() as connection:
        if database_kind == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for each in statements:
            statement, values = (each, {}) if isinstance(each, str) else each
            word = "BLOB" if database_kind == "sqlite" else "BYTEA"
            connection.execute(text(statement.replace("BLOB", word)), values)
    put_guards_back(database_kind, kept)


def refused(signing: Signing, words: str) -> None:
    """Nothing is signed, and the site says so."""
    before = (published.read("checkpoint"), State.read(signing.state).frontier)
    with pytest.raises(Refusal, match=words):
        signing.sign()
    assert (published.read("checkpoint"), State.read(signing.state).frontier) == before
    seal = published.seal()
    assert seal.state == "refused"
    assert words in seal.reason
    assert words in (published.read("alarms") or b"").decode()


def test_signs_what_has_grown(signing: Signing) -> None:
    assert signing.sign().size == 0
    assert published.checkpoint() is None
    grow(3)
    assert signing.seal_and_sign().size == 4  # and the leaf that names the key
    again = published.read("checkpoint")
    assert signing.sign().size == 4
    assert published.read("checkpoint") == again
    grow(2)
    assert signing.seal_and_sign().size == 6
    assert published.seal().state == "signed"
    shown = published.checkpoint()
    assert shown is not None
    assert shown.checkpoint.size == 6


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE log_leaves SET leaf = CAST('{}' AS BLOB) WHERE id = 2", "rewritten"),
        ("UPDATE log_places SET position = 99 WHERE position = 5", "leaf 5 is not there"),
        ("UPDATE log_seals SET root = CAST('00000000000000000000000000000000' AS BLOB)", "the root that the site"),
        ("DELETE FROM log_places WHERE position = 3", "leaf 3 is not there"),
        ("DELETE FROM log_places WHERE position >= 3", "restored from an old copy"),
    ],
)
def test_a_rewritten_database_is_refused(database_kind: str, signing: Signing, statement: str, words: str) -> None:
    grow(5)
    signing.settle()
    tamper(database_kind, statement)
    refused(signing, words)


def test_two_leaves_exchanged_are_refused(database_kind: str, signing: Signing) -> None:
    grow(5)
    signing.settle()
    places = ((1, 99), (2, 1), (99, 2))
    move = "UPDATE log_places SET position = :new WHERE position = :old"
    tamper(database_kind, *((move, {"old": old, "new": new}) for old, new in places))
    refused(signing, "rewritten")


def test_a_consistent_rewriting_is_refused(database_kind: str, signing: Signing) -> None:
    """Leaf, hash, tiles and seal all made new: only the signer's own memory can tell."""
    grow(5)
    signing.settle()
    tamper(
        database_kind,
        "UPDATE log_leaves SET leaf = CAST('[]' AS BLOB) WHERE id = 2",
        "DELETE FROM log_seals",
    )
    refused(signing, "not those that were signed")


def test_a_new_leaf_that_differs_from_its_seal_is_refused(database_kind: str, signing: Signing) -> None:
    grow(2)
    signing.settle()
    grow(1)
    jobs.seal_log()
    newest = "UPDATE log_leaves SET leaf = CAST('{}' AS BLOB) WHERE id = (SELECT MAX(leaf_id) FROM log_places)"
    tamper(database_kind, newest)
    refused(signing, "sealed another root")


def test_an_older_backup_is_refused_until_the_newer_is_back(app: Flask, database_kind: str, signing: Signing) -> None:
    """Restored leaves that were signed are the same leaves again; others in their place never are."""
    grow(3)
    signing.settle()
    grow(4)
    signing.seal_and_sign()
    with db.engine.connect() as connection:
        newer = connection.execute(text("SELECT position, leaf_id FROM log_places WHERE position >= 4")).all()
    cut = ("DELETE FROM log_places WHERE position >= 4", "DELETE FROM log_seals WHERE size > 4")
    tamper(database_kind, *cut)
    refused(signing, "restored from an old copy")
    grow(9)  # life goes on after the restore, past the published size: still another history
    with pytest.raises(Refusal):
        signing.seal_and_sign()
    put = "INSERT INTO log_places (position, leaf_id) VALUES (:position, :leaf_id)"
    tamper(database_kind, *cut, *((put, row._asdict()) for row in newer))
    assert signing.sign().size == 8
    assert published.seal().state != "refused"
    assert b"restored from an old copy" in (published.read("alarms") or b"")  # what happened stays told


def test_an_old_memory_is_refused(signing: Signing) -> None:
    grow(2)
    signing.settle()
    shutil.copytree(signing.state, signing.state.with_name("copy"))
    grow(2)
    signing.seal_and_sign()
    shutil.rmtree(signing.state)
    signing.state.with_name("copy").rename(signing.state)
    refused(signing, "old copy")
    where = ["--state", str(signing.state), "--publish", str(signing.publish), "--database", signing.url]
    db.session.rollback()
    grow(1)
    jobs.seal_log()
    assert commands.main(["catch-up", *where]) == 0
    assert State.read(signing.state).frontier.size == 5
    assert signing.sign().size == 6
    assert published.seal().state == "signed"


def test_catching_up_signs_nothing_new(
    database_kind: str, signing: Signing, capsys: pytest.CaptureFixture[str]
) -> None:
    grow(2)
    signing.settle()
    kept = (signing.state / "signer.json").read_text()
    grow(2)
    signing.seal_and_sign()
    (signing.state / "signer.json").write_text(kept)
    where = ["--state", str(signing.state), "--publish", str(signing.publish), "--database", signing.url]
    tamper(database_kind, "UPDATE log_leaves SET leaf = CAST('{}' AS BLOB) WHERE id = 4")
    assert commands.main(["catch-up", *where]) == 2
    assert "do not give what was published" in capsys.readouterr().err
    tamper(database_kind, "DELETE FROM log_places WHERE position = 4")
    assert commands.main(["catch-up", *where]) == 2
    note = (signing.publish / "checkpoint").read_text()
    (signing.publish / "checkpoint").write_text(note.replace("\n5\n", "\n4\n"))
    assert commands.main(["catch-up", *where]) == 2
    assert (signing.state / "signer.json").read_text() == kept


def test_the_signer_reads_what_operations_grants() -> None:
    """docs/operations.md grants SELECT on exactly the tables that the signer's statements name."""
    text_of_all = Path(reading.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:FROM|JOIN) (log_\w+)", text_of_all))
    (granted,) = re.findall(r"GRANT SELECT ON ([\w, ]+) TO", OPERATIONS.read_text(encoding="utf-8"))
    assert named == set(granted.split(", "))


def test_another_memory_with_the_same_key_is_refused(signing: Signing, database_kind: str) -> None:
    """Two machines signed with one key, and saw two logs of one size."""
    grow(2)
    signing.settle()
    kept = json.loads((signing.state / "signer.json").read_text())
    kept["roots"][-1] = "11" * 32
    (signing.state / "signer.json").write_text(json.dumps(kept))
    refused(signing, "another root was published")


def test_a_lost_folder_of_files_is_published_again(signing: Signing) -> None:
    grow(2)
    signing.settle()
    before = published.read("checkpoint")
    shutil.rmtree(signing.publish)
    signing.sign()
    assert published.read("checkpoint") == before


def test_two_signers_do_not_work_at_once(signing: Signing) -> None:
    with state.alone(signing.state), pytest.raises(Usage, match="another signer"):
        signing.sign()


def test_a_large_log_is_read_anew_in_turn(database_kind: str, signing: Signing) -> None:
    """Where reading all took a minute, the next time is an hour later; once a day whatever it takes."""
    grow(3)
    signing.settle()
    kept = State.read(signing.state)
    kept.check_seconds = 60.0
    kept.write()
    tamper(database_kind, "UPDATE log_leaves SET leaf = CAST('{}' AS BLOB) WHERE id = 1")
    at = kept.checked_at
    assert signing.sign(now=lambda: at + 2_999).size == 4
    for moment in (at + 3_001, at - 1):
        with pytest.raises(Refusal, match="rewritten"):
            signing.sign(now=lambda moment=moment: moment)
    kept.check_seconds = 10_000.0
    kept.write()
    assert signing.sign(now=lambda: at + 86_399).size == 4
    with pytest.raises(Refusal, match="rewritten"):
        signing.sign(now=lambda: at + 86_401)


def test_keys_change_in_the_open(client: FlaskClient, signing: Signing) -> None:
    grow(2)
    signing.settle()
    old = signing.key
    assert queries.key_uses() == {str(old): True}
    with pytest.raises(Usage, match="one key only"):
        state.retire(signing.state)
    new = state.rotate(signing.state)
    with pytest.raises(Usage, match="two keys"):
        state.rotate(signing.state)
    signing.sign()
    assert client.get("/ledger/key").data.decode() == f"{new}\n{old}\n"
    assert signed_by(old, new)  # the same leaves, now under both
    with pytest.raises(Usage, match="does not name the new key yet"):
        state.retire(signing.state)
    signing.seal_and_sign()
    assert queries.key_uses() == {str(old): True, str(new): True}
    state.retire(signing.state)
    signing.sign()
    assert client.get("/ledger/key").data.decode() == f"{new}\n"
    assert signed_by(new)
    assert not signed_by(old)
    signing.seal_and_sign()
    assert queries.key_uses() == {str(old): False, str(new): True}
    assert [json.loads(leaf).get("state") for leaf in queries.leaves_at(3, 9)] == ["begins", "ends"]
    assert str(new) not in state_text(
        signing
    )  # the file holds private keys; the public ones of the log only once known


def state_text(signing: Signing) -> str:
    kept = json.loads((signing.state / "signer.json").read_text())
    return json.dumps(kept["keys"])


def signed_by(*keys: Key) -> bool:
    data = published.read("checkpoint") or b""
    try:
        return all(open_checkpoint(data, [key]) for key in keys)
    except ValueError:
        return False


def test_a_leaf_cannot_announce_a_foreign_key(signing: Signing, tmp_path: Path) -> None:
    grow(1)
    signing.settle()
    (signing.publish / "key").write_text(f"{signing.key}\n{state.init(tmp_path / 'thief', ORIGIN)}\n")
    jobs.seal_log()
    with pytest.raises(Refusal, match="not the signer's"):
        signing.sign()


def test_a_leaf_cannot_end_a_key_that_signs(signing: Signing, tmp_path: Path) -> None:
    grow(1)
    signing.settle()
    foreign = state.init(tmp_path / "thief", ORIGIN)
    (signing.publish / "key").write_text(f"{foreign}\n")
    jobs.seal_log()
    with pytest.raises(Refusal, match=r"not the signer's|still signs"):
        signing.sign()


def test_what_cannot_be_begun(signing: Signing, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="already"):
        state.init(signing.state, ORIGIN)
    with pytest.raises(Usage, match="no spaces"):
        state.init(tmp_path / "x", "a b")
    assert not (tmp_path / "x").exists()
    with pytest.raises(Usage, match="begin with: init"):
        commands.sign_once(tmp_path / "x", signing.engine(), signing.publish)
    assert (signing.state / "signer.json").stat().st_mode & 0o077 == 0


def test_each_day_has_its_last_root(client: FlaskClient, signing: Signing) -> None:
    day = 86_400.0
    noon = 1_700_000_000 // day * day + 4 * 3600  # 12 o'clock in China
    give()
    signing.seal_and_sign(now=lambda: noon)
    give()
    late = signing.seal_and_sign(now=lambda: noon + 11.9 * 3600)  # 23:54
    give()
    signing.seal_and_sign(now=lambda: noon + 12.1 * 3600)  # 00:06: the next day
    days = published.days()
    assert len(days) == 2
    assert (days[1] - days[0]).days == 1
    data = published.read_day(days[0].isoformat()) or b""
    assert open_checkpoint(data, [signing.key])[0] == late
    signing.sign(now=lambda: noon + 3 * day)  # nothing grew, yet that day has its root, too
    assert len(published.days()) == 3


def test_daily_roots_are_recorded_and_announced(database_kind: str, signing: Signing) -> None:
    give()
    signing.settle()
    assert jobs.record_daily_roots() == 0  # the day is not over
    moment = clock.now()
    with clock.standing_at(moment + clock.timedelta(days=1, minutes=11)):
        assert jobs.record_daily_roots() == 1
        assert jobs.record_daily_roots() == 0
    row = db.session.query(DailyRoot).one()
    shown = published.checkpoint()
    assert shown is not None
    assert (row.size, row.root) == (shown.checkpoint.size, shown.checkpoint.root)
    said = db.session.query(AuditEntry).filter(AuditEntry.act == "DailyRootRecorded").one()
    assert (said.object_code, said.reason) == (row.day.isoformat(), row.root_text)
    assert not selfcheck.find_all(checks.CHECKS)
    tamper(database_kind, "UPDATE log_daily_roots SET size = size - 1")
    assert [finding.check for finding in selfcheck.find_all(checks.CHECKS)] == ["daily_roots_were_sealed"]


def test_a_foreign_daily_root_is_not_recorded(signing: Signing, tmp_path: Path) -> None:
    give()
    signing.settle()
    (name,) = (path.name for path in (signing.publish / "checkpoints").iterdir())
    path = signing.publish / "checkpoints" / name
    path.write_text(path.read_text().replace("\n2\n", "\n1\n"))
    with clock.standing_at(clock.now() + clock.timedelta(days=2)), pytest.raises(Conflict):
        jobs.record_daily_roots()
    assert queries.daily_roots() == []


def test_delayed_is_said(client: FlaskClient, signing: Signing) -> None:
    assert published.seal().state == "none"
    give()
    signing.settle()
    assert published.seal().state == "signed"
    with clock.standing_at(clock.now() + clock.timedelta(minutes=12)):
        assert published.seal().state == "delayed"  # the signer was not heard of
    give()
    with clock.standing_at(clock.now() + clock.timedelta(minutes=12)):
        status = json.loads((signing.publish / "status.json").read_text())
        status["at"] = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        (signing.publish / "status.json").write_text(json.dumps(status))
        assert published.seal().state == "delayed"  # it was, but this entry waits


def command(signing: Signing, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sun_commune.transparency.signer", *arguments],
        cwd=Path(__file__).parents[2], capture_output=True, encoding="utf-8", check=False, timeout=120,
        env={**os.environ, "SUN_LOG_DATABASE_URL": signing.url, "PYTHONUTF8": "1"},
    )  # fmt: skip


def test_the_command(signing: Signing, database_kind: str) -> None:
    """A real process beside the site, from beginning to refusal."""
    grow(3)
    jobs.seal_log()
    db.session.rollback()
    where = ("--state", str(signing.state), "--publish", str(signing.publish))
    done = command(signing, "run", *where, "--once")
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["signed", "3"]), done.stderr
    assert command(signing, "init", "--state", str(signing.state), "--origin", ORIGIN).returncode == 1
    tamper(database_kind, "DELETE FROM log_places WHERE position = 2")
    done = command(signing, "run", *where, "--once")
    assert (done.returncode, "NOT SIGNED" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr
    assert published.seal().state == "refused"

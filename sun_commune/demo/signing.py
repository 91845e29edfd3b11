"""The demo's signed log: a key and a witness that lie beside the site and are named for what they are.

On a real site the signer is a program of its own under a user of its own, and witnesses are other people
(docs/transparency.md). Here the scheduler plays both, with the same code, so that every page has something to show.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sun_commune import config
from sun_commune.core.clock import now
from sun_commune.core.jobs import Job
from sun_commune.transparency import jobs as log_jobs
from sun_commune.transparency import sunwitness
from sun_commune.transparency.notes import Checkpoint
from sun_commune.transparency.signer import __main__ as signer
from sun_commune.transparency.signer import reading
from sun_commune.transparency.signer import state as memory

#: ``.invalid`` is nobody's (RFC 2606), so nobody takes these for a real log's.
ORIGIN = "demo-key-worth-nothing.invalid/ledger"
WITNESS = "demo-witness.invalid"


def demo_folder() -> Path:
    return Path(config.current().instance_path) / "demo-signer"


def seal_and_sign() -> int:
    """What happens every minute, as often as the story needs it; the size that was signed."""
    log_jobs.seal_log()
    return sign().size


def sign() -> Checkpoint:
    """One round of signer and witness; both are made at the first."""
    folder = demo_folder()
    state, witness = folder / "signer", folder / "witness"
    if not (state / "signer.json").exists():
        _make_keys(state, witness)
    engine = reading.open_database(config.current().database_url)
    try:
        return signer.sign_once(
            state, engine, Path(config.current().log_publish), post=_asker(witness), say=lambda _words: None,
            now=lambda: now().timestamp(),
        )  # fmt: skip
    finally:
        engine.dispose()


def _make_keys(state: Path, witness: Path) -> None:
    key = sunwitness.init(witness, WITNESS)
    sunwitness.trust(witness, str(memory.init(state, ORIGIN)))
    (state / "policy").write_text(f"witness {WITNESS} {key} http://{WITNESS}\nquorum {WITNESS}\n", encoding="utf-8")


def _asker(witness: Path) -> Callable[[str, bytes], tuple[int, str]]:
    """In the place of the network: the witness's own code in this process."""

    def ask(_url: str, body: bytes) -> tuple[int, str]:
        try:
            return 200, sunwitness.Witness(witness).cosign(body)
        except sunwitness.Refused as refused:
            return refused.status, refused.body

    return ask


def sign_demo_log() -> int:
    """The demo's scheduler signs each minute; on a real site this job does nothing."""
    if not config.current().demo or not demo_folder().exists():
        return 0
    return sign().size


SIGN_DEMO_LOG = Job("sign_demo_log", 1, sign_demo_log)

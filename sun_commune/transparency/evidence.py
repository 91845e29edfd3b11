"""What proves one entry to its reader: the leaf, its place, the proof under the newest checkpoint, and the openings of
what the leaf only commits to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.ledger.models import Transfer
from sun_commune.transparency import merkle, published, queries
from sun_commune.transparency.models import LogLeaf, LogOpening, LogPlace, Opened
from sun_commune.transparency.notes import Proof

#: What everybody reads on the entry's page anyway. The fingerprint of the paper is for whoever holds the paper.
PUBLIC = (Opened.PAYER, Opened.MEMO)


@dataclass(frozen=True)
class Evidence:
    """``position`` is None until the log is sealed over the entry; ``proof`` (C2SP tlog-proof) None until signed."""

    uid: str
    leaf: bytes
    hash: bytes
    position: int | None
    proof: bytes | None
    openings: dict[str, dict[str, str]]
    keys: tuple[str, ...]

    def bundle(self) -> dict[str, object]:
        """All in one file, as ``sunverify.py receipt`` takes it."""
        return {
            "uid": self.uid,
            "position": self.position,
            "leaf": self.leaf.decode("ascii"),
            "leaf_hash": self.hash.hex(),
            "proof": None if self.proof is None else self.proof.decode(),
            "openings": self.openings,
            "keys": list(self.keys),
        }


def of_transfer(uid: str, *, with_proof: bool = True, opened: tuple[Opened, ...] = PUBLIC) -> Evidence | None:
    """Of the entry ``uid``; None if there is no such entry. Without the proof it costs two reads by key."""
    row = db.session.execute(
        select(LogLeaf.id, LogLeaf.leaf, LogLeaf.hash, LogPlace.position)
        .join(Transfer, Transfer.id == LogLeaf.transfer_id)
        .outerjoin(LogPlace, LogPlace.leaf_id == LogLeaf.id)
        .where(Transfer.uid == uid)
    ).one_or_none()
    if row is None:
        return None
    return Evidence(
        uid=uid,
        leaf=row.leaf,
        hash=row.hash,
        position=row.position,
        proof=_proof(row.position) if with_proof and row.position is not None else None,
        openings=_openings(row.id, opened),
        keys=tuple(map(str, published.log_keys())) if with_proof else (),
    )


def _openings(leaf_id: int, opened: tuple[Opened, ...]) -> dict[str, dict[str, str]]:
    rows = select(LogOpening).where(LogOpening.leaf_id == leaf_id, LogOpening.field.in_(opened))
    return {
        row.field.value: {"salt": row.salt.hex(), "value": row.value}
        for row in db.session.execute(rows.order_by(LogOpening.id)).scalars()
    }


def _proof(position: int) -> bytes | None:
    """Under the checkpoint that is published now; None if that does not reach so far."""
    shown = published.checkpoint()
    if shown is None or not position < shown.checkpoint.size <= queries.log_size():
        return None
    size = shown.checkpoint.size
    return bytes(Proof(position, tuple(merkle.inclusion_proof(position, size, queries.reader(size))), shown.data))

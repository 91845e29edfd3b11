"""What the books of a month say when it is closed: canonical JSON, the same from the kept sums and from the entries.

Amounts in fen. ``month`` counts the period alone, ``until`` all periods up to its end; ``sums_sha256`` is over every
sum of the month, so that no entry of it can change without being seen here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.ledger.figures import Totals, totals_of
from sun_commune.ledger.models import ClosedPeriod, LedgerSum
from sun_commune.ledger.sums import SumKey, Sums


def kept_sums(*, until: str) -> dict[SumKey, Sums]:
    """The kept sums of all periods up to and with ``until``."""
    rows = db.session.execute(select(LedgerSum).where(LedgerSum.month <= until)).scalars()
    return {
        (row.month, row.county_code, row.category, row.kind): (row.amount_fen, row.reversed_fen, row.entries_count)
        for row in rows
    }


def figures_of(period: str, sums: Mapping[SumKey, Sums]) -> str:
    month = {key: value for key, value in sums.items() if key[0] == period}
    so_far = {key: value for key, value in sums.items() if key[0] <= period}
    lines = "\n".join("|".join(map(str, (*key[1:3], key[3].value, *value))) for key, value in sorted(month.items()))
    said = {
        "period": period,
        "month": _words(totals_of(month)),
        "until": _words(totals_of(so_far)),
        "sums_sha256": hashlib.sha256(lines.encode()).hexdigest(),
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _words(totals: Totals) -> dict[str, int]:
    return {**asdict(totals), "in_bank": totals.in_bank}


def sha256_of(figures: str) -> str:
    return hashlib.sha256(figures.encode()).hexdigest()


def closed_periods() -> list[ClosedPeriod]:
    """The newest first."""
    return list(db.session.execute(select(ClosedPeriod).order_by(ClosedPeriod.period.desc())).scalars())


def read_figures(row: ClosedPeriod) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(row.figures)
    return said

"""SQL that a migration runs as it stands in a file: ``sql/<revision>_<database>.sql``, parted by ``-- next`` lines.

The models' triggers (ledger.guards) go on changing; what a revision once made does not.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent / "sql"
PARTED_BY = "\n-- next\n"


def statements_of(revision: str, dialect: str) -> list[str]:
    text = (HERE / f"{revision}_{dialect}.sql").read_text(encoding="utf-8")
    return [part.strip() for part in text.split("\n\n", 1)[1].split(PARTED_BY)]


def first_guards(dialect: str) -> list[str]:
    """The ledger's guards as revision 0001 made them, for the way back."""
    return statements_of("0001_guards", dialect)

"""SQL that a migration runs as it stands in a file: ``sql/<revision>_<database>.sql``, parted by ``-- next`` lines.

The models' triggers (ledger.guards) go on changing; what a revision once made does not.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "sql"
PARTED_BY = "\n-- next\n"
#: Triggers on SQLite, the functions that triggers call on PostgreSQL.
FIRST_GUARDS = {
    "sqlite": ("CREATE TRIGGER transfers_guard ", "CREATE TRIGGER vouchers_frozen "),
    "postgresql": tuple(f"CREATE OR REPLACE FUNCTION sun_{table}_guard()" for table in ("transfers", "vouchers")),
}


def statements_of(revision: str, dialect: str) -> list[str]:
    text = (HERE / f"{revision}_{dialect}.sql").read_text(encoding="utf-8")
    return [part.strip() for part in text.split("\n\n", 1)[1].split(PARTED_BY)]


def first_guards(dialect: str) -> list[str]:
    """The ledger's guards as revision 0001 made them, for the way back."""
    first: Any = import_module("sun_commune.migrations.versions.0001_first_schema")
    made: list[str] = first.SQLITE if dialect == "sqlite" else first.POSTGRESQL
    return [statement for statement in made if statement.startswith(FIRST_GUARDS[dialect])]

"""guards: a voucher has its papers, money goes back and moves by a decision, choices move as listed

Revision: 0017, after 0016
"""

from importlib import import_module
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.elements import conv

from sun_commune.core.rebuild import rebuilt
from sun_commune.migrations.statements import statements_of

revision = "0017"
down_revision = "0016"

PRIVATE = conv("ck_uploads_papers_stay_private")
#: Triggers that are made anew, and those that are new; the functions of the latter.
CHANGED = ("vouchers_frozen", "vouchers_begins")
NEW = {
    "sqlite": {
        "transfers": ("transfers_decided",),
        "choices": ("choices_guard", "choices_begin", "choices_no_delete", "choices_no_replace"),
        "statement_returns": tuple(
            f"statement_returns_{name}" for name in ("frozen", "no_delete", "begins", "no_replace")
        ),
    },
    "postgresql": {
        "transfers": ("transfers_decided",),
        "choices": ("choices_guard", "choices_no_truncate"),
        "statement_returns": ("statement_returns_guard", "statement_returns_no_truncate"),
    },
}
FUNCTIONS = ("sun_transfers_decided()", "sun_choices_guard()", "sun_statement_returns_guard()")


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    with rebuilt(op, "uploads") as batch:
        batch.create_check_constraint(PRIVATE, "kind = 'photo' OR NOT is_public")
    _drop_changed(dialect)
    _run(statements_of("0017_guards", dialect))


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table, names in NEW[dialect].items():
        for name in names:
            op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if dialect == "postgresql" else ""))
    if dialect == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")
    _drop_changed(dialect)
    _run(_former(dialect))
    with rebuilt(op, "uploads") as batch:
        batch.drop_constraint(PRIVATE, type_="check")


def _drop_changed(dialect: str) -> None:
    if dialect == "sqlite":  # PostgreSQL's function is replaced
        for name in CHANGED:
            op.execute(f"DROP TRIGGER {name}")


def _former(dialect: str) -> list[str]:
    """The vouchers' guards as 0012 and 0001 had made them."""
    if dialect == "postgresql":
        return [each for each in statements_of("0012", dialect) if "FUNCTION sun_vouchers_guard()" in each]
    first: Any = import_module("sun_commune.migrations.versions.0001_first_schema")
    made: list[tuple[list[str], str]] = list(zip((statements_of("0012", dialect), first.SQLITE), CHANGED, strict=True))
    return [each for statements, name in made for each in statements if f"CREATE TRIGGER {name} " in each]


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(sa.DDL(statement.replace("%", "%%")))

"""the ledger to look at: kinds of givers, sums by giver and by use, a search over the entries

Of entries of before nobody wrote down what kind of giver it was: they stay as they were said and fingerprinted.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.rebuild import rebuilt
from sun_commune.ledger.search import FOUND_BY, POSTGRESQL, SQLITE, document_of

revision = "0006"
down_revision = "0005"

MOVED = sa.text("kind = 'moved'")
OPEN = sa.text("left_fen > 0")
CHUNK = 2_000

_POSTED = "CASE WHEN t.reverses_id IS NULL THEN t.amount_fen ELSE 0 END"
_BACK = "CASE WHEN t.reverses_id IS NULL THEN 0 ELSE t.amount_fen END"
_FACET = "CASE WHEN t.donor_shown = '' THEN 'anonymous' ELSE 'other' END"
FILL = (
    f"""INSERT INTO ledger_facet_sums
      (month, county_code, category, kind, facet, amount_fen, reversed_fen, entries_count)
    SELECT t.period, t.county_code, t.category, t.kind, {_FACET}, SUM({_POSTED}), SUM({_BACK}), COUNT(*)
    FROM transfers t WHERE t.kind IN ('gift', 'matched', 'goods')
    GROUP BY t.period, t.county_code, t.category, t.kind, {_FACET}""",  # noqa: S608 - no input
    f"""INSERT INTO ledger_facet_sums
      (month, county_code, category, kind, facet, amount_fen, reversed_fen, entries_count)
    SELECT t.period, t.county_code, t.category, t.kind, v.category, SUM({_POSTED}), SUM({_BACK}), COUNT(*)
    FROM transfers t JOIN vouchers v ON v.code = t.voucher_code WHERE t.kind IN ('spending', 'settled')
    GROUP BY t.period, t.county_code, t.category, t.kind, v.category""",  # noqa: S608 - no input
    f"""INSERT INTO ledger_giver_sums (donor_shown, giver_kind, raised_fen, goods_fen, entries_count)
    SELECT t.donor_shown, '', SUM(CASE WHEN t.kind = 'goods' THEN 0 ELSE {_POSTED} - {_BACK} END),
      SUM(CASE WHEN t.kind = 'goods' THEN {_POSTED} - {_BACK} ELSE 0 END), COUNT(*)
    FROM transfers t WHERE t.kind IN ('gift', 'matched', 'goods') AND t.donor_shown <> ''
    GROUP BY t.donor_shown""",  # noqa: S608 - no input
)


def upgrade() -> None:
    with rebuilt(op, "transfers") as batch:
        batch.add_column(sa.Column("giver_kind", sa.String(length=20), nullable=False, server_default=""))
    with rebuilt(op, "transfers") as batch:
        batch.create_check_constraint(
            op.f("ck_transfers_unnamed_donor_has_no_kind"), "giver_kind = '' OR donor_shown <> ''"
        )
    for column in ("period", "giver_kind", "donor_shown"):
        op.create_index(op.f(f"ix_transfers_{column}_business_on_id"), "transfers", [column, "business_on", "id"])
    op.create_index(op.f("ix_transfers_amount_fen_id"), "transfers", ["amount_fen", "id"])
    for column in ("to_county_code", "to_category"):
        name, columns = f"ix_transfers_{column}_moved", [column, "business_on", "id"]
        op.create_index(name, "transfers", columns, sqlite_where=MOVED, postgresql_where=MOVED)
    name, columns = "ix_ledger_layers_oldest", ["origin_id", "id"]
    op.create_index(name, "ledger_layers", columns, sqlite_where=OPEN, postgresql_where=OPEN)
    _make_sums()
    connection = op.get_bind()
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
    for statement in FILL:
        op.execute(statement)
    _index_entries(connection)


def _make_sums() -> None:
    op.create_table(
        "ledger_facet_sums",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("facet", sa.String(length=24), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reversed_fen", sa.BigInteger(), nullable=False),
        sa.Column("entries_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "month", "county_code", "category", "kind", "facet", name=op.f("pk_ledger_facet_sums")
        ),
    )  # fmt: skip
    op.create_table(
        "ledger_giver_sums",
        sa.Column("donor_shown", sa.String(length=120), nullable=False),
        sa.Column("giver_kind", sa.String(length=20), nullable=False),
        sa.Column("raised_fen", sa.BigInteger(), nullable=False),
        sa.Column("goods_fen", sa.BigInteger(), nullable=False),
        sa.Column("entries_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("donor_shown", "giver_kind", name=op.f("pk_ledger_giver_sums")),
    )
    columns = ["giver_kind", "raised_fen"]
    op.create_index(op.f("ix_ledger_giver_sums_giver_kind_raised_fen"), "ledger_giver_sums", columns)


def _index_entries(connection: sa.Connection) -> None:
    """Every entry of before goes into the search index."""
    names = ", ".join(f"t.{name}" for name in FOUND_BY)
    read = sa.text(
        f"SELECT t.id, {names}, v.purpose FROM transfers t LEFT JOIN vouchers v ON v.code = t.voucher_code "  # noqa: S608
        "WHERE t.id > :last ORDER BY t.id LIMIT :most"
    )
    key, value = "transfer_id", "to_tsvector('simple', :document)"
    if connection.dialect.name == "sqlite":
        key, value = "rowid", ":document"
    write = sa.text(f"INSERT INTO transfer_search ({key}, document) VALUES (:id, {value})")  # noqa: S608 - no input
    last = 0
    while rows := connection.execute(read, {"last": last, "most": CHUNK}).mappings().all():
        found = [{"id": row["id"], "document": document_of(row, row["purpose"] or "")} for row in rows]
        connection.execute(write, found)
        last = rows[-1]["id"]


def downgrade() -> None:
    op.execute("DROP TABLE transfer_search")
    op.drop_table("ledger_giver_sums")
    op.drop_table("ledger_facet_sums")
    op.drop_index("ix_ledger_layers_oldest", "ledger_layers")
    for column in ("to_county_code", "to_category"):
        op.drop_index(f"ix_transfers_{column}_moved", "transfers")
    op.drop_index(op.f("ix_transfers_amount_fen_id"), "transfers")
    for column in ("period", "giver_kind", "donor_shown"):
        op.drop_index(op.f(f"ix_transfers_{column}_business_on_id"), "transfers")
    with rebuilt(op, "transfers") as batch:
        batch.drop_constraint(op.f("ck_transfers_unnamed_donor_has_no_kind"), type_="check")
        batch.drop_column("giver_kind")

"""lanes: the charity's record, its decisions by two officers, and the record behind each claim of money

Nobody is in force after the upgrade: what SUN_CHARITY_NAME and SUN_CHARITY_ACCOUNT said was no licence. Two officers
fill it in anew.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.append_only import create_sql, drop_sql
from sun_commune.core.rebuild import rebuilt

revision = "0005"
down_revision = "0004"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = {"lane_versions": ("id", "code"), "lane_decisions": ("id", "version_id")}


def upgrade() -> None:
    _make_versions()
    _make_decisions()
    dialect = op.get_bind().dialect.name
    for table, keys in APPEND_ONLY.items():
        _run(create_sql(table, keys, dialect))
    # Not by copying the table: claims may be many, and the column is empty for all of them.
    kind = "INTEGER" if dialect == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE claims ADD COLUMN lane_version_id {kind} "
        "CONSTRAINT fk_claims_lane_version_id REFERENCES lane_versions (id)"
    )


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    with rebuilt(op, "claims") as batch:  # which drops the column's key with it
        batch.drop_column("lane_version_id")
    for table in reversed(APPEND_ONLY):
        _run(drop_sql(table, dialect))
        op.drop_table(table)


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(sa.DDL(statement.replace("%", "%%")))


def _make_versions() -> None:
    op.create_table(
        "lane_versions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("charity_name", sa.String(length=120), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("certificate_number", sa.String(length=60), nullable=False),
        sa.Column("filing_number", sa.String(length=60), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("takes_account", sa.Boolean(), nullable=False),
        sa.Column("account_name", sa.String(length=120), nullable=False),
        sa.Column("account_number", sa.String(length=40), nullable=False),
        sa.Column("bank_name", sa.String(length=120), nullable=False),
        sa.Column("takes_campaign", sa.Boolean(), nullable=False),
        sa.Column("campaign_name", sa.String(length=80), nullable=False),
        sa.Column("campaign_filing_number", sa.String(length=60), nullable=False),
        sa.Column("campaign_url", sa.String(length=300), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("proposed_by", ROW_ID, nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["proposed_by"], ["users.id"], name=op.f("fk_lane_versions_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane_versions")),
        sa.UniqueConstraint("code", name=op.f("uq_lane_versions_code")),
        sa.UniqueConstraint("id", "proposed_by", name=op.f("uq_lane_versions_id_proposed_by")),
    )


def _make_decisions() -> None:
    op.create_table(
        "lane_decisions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("proposed_by", ROW_ID, nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("decided_by", ROW_ID, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.CheckConstraint("outcome IN ('confirmed', 'refused', 'taken_back')", name=op.f("ck_lane_decisions_outcome")),
        sa.CheckConstraint(
            "(outcome = 'taken_back') = (decided_by = proposed_by)", name=op.f("ck_lane_decisions_two_people")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_lane_decisions_decided_by")),
        sa.ForeignKeyConstraint(
            ["version_id", "proposed_by"],
            ["lane_versions.id", "lane_versions.proposed_by"],
            name=op.f("fk_lane_decisions_version_id_proposed_by"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane_decisions")),
        sa.UniqueConstraint("version_id", name=op.f("uq_lane_decisions_version_id")),
    )

"""campaign titles: what a campaign was called before its title was corrected, and why

Revision: 0020, after 0019
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.append_only import create_sql, drop_sql

revision = "0020"
down_revision = "0019"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "disclosure_campaign_titles"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("campaign_id", ROW_ID, nullable=False),
        sa.Column("earlier", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("said_by", ROW_ID, nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("title <> '' AND title <> earlier", name=op.f(f"ck_{TABLE}_title")),
        sa.CheckConstraint("reason <> ''", name=op.f(f"ck_{TABLE}_reason")),
        sa.ForeignKeyConstraint(["campaign_id"], ["disclosure_campaigns.id"], name=op.f(f"fk_{TABLE}_campaign_id")),
        sa.ForeignKeyConstraint(["said_by"], ["users.id"], name=op.f(f"fk_{TABLE}_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_campaign_id"), TABLE, ["campaign_id"])
    for statement in create_sql(TABLE, ("id",), op.get_bind().dialect.name):
        op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    for statement in drop_sql(TABLE, op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_table(TABLE)

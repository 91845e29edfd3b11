"""the disclosure calendar: campaigns, tasks with their days, drafts, published reports

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.append_only import create_sql, drop_sql

revision = "0011"
down_revision = "0010"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REPORTS = ("disclosure_reports", ("id", "code"))


def upgrade() -> None:
    _make_campaigns()
    _make_tasks()
    _make_drafts()
    _make_reports()
    _run(create_sql(*REPORTS, op.get_bind().dialect.name))


def downgrade() -> None:
    _run(drop_sql(REPORTS[0], op.get_bind().dialect.name))
    for table in ("disclosure_reports", "disclosure_drafts", "disclosure_tasks", "disclosure_campaigns"):
        op.drop_table(table)


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(sa.DDL(statement.replace("%", "%%")))


def _make_campaigns() -> None:
    op.create_table(
        "disclosure_campaigns",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("need_codes", sa.Text(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("created_by", ROW_ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'standing') = (title = '')", name=op.f("ck_disclosure_campaigns_standing_has_no_title")
        ),
        sa.CheckConstraint(
            "kind <> 'standing' OR ends_on IS NULL", name=op.f("ck_disclosure_campaigns_standing_has_no_end")
        ),
        sa.CheckConstraint("kind IN ('standing', 'ordinary', 'emergency')", name=op.f("ck_disclosure_campaigns_kind")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= begins_on", name=op.f("ck_disclosure_campaigns_term")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_disclosure_campaigns_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure_campaigns")),
        sa.UniqueConstraint("code", name=op.f("uq_disclosure_campaigns_code")),
    )
    op.create_index(op.f("ix_disclosure_campaigns_ends_on"), "disclosure_campaigns", ["ends_on"])
    op.create_index(
        "uq_disclosure_campaigns_standing",
        "disclosure_campaigns",
        ["county_code"],
        unique=True,
        sqlite_where=sa.text("kind = 'standing'"),
        postgresql_where=sa.text("kind = 'standing'"),
    )


def _make_tasks() -> None:
    op.create_table(
        "disclosure_tasks",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("campaign_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("lifted_reason", sa.String(length=40), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'lifted') = (lifted_reason <> '')", name=op.f("ck_disclosure_tasks_lifted_with_reason")
        ),
        sa.CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)", name=op.f("ck_disclosure_tasks_published_at")
        ),
        sa.CheckConstraint("state IN ('open', 'published', 'lifted')", name=op.f("ck_disclosure_tasks_state")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["disclosure_campaigns.id"], name=op.f("fk_disclosure_tasks_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure_tasks")),
        sa.UniqueConstraint("campaign_id", "kind", "period", name=op.f("uq_disclosure_tasks_campaign_id_kind_period")),
        sa.UniqueConstraint("code", name=op.f("uq_disclosure_tasks_code")),
    )
    op.create_index(op.f("ix_disclosure_tasks_state_due_on"), "disclosure_tasks", ["state", "due_on"])
    op.create_index(op.f("ix_disclosure_tasks_state_published_at"), "disclosure_tasks", ["state", "published_at"])


def _make_drafts() -> None:
    op.create_table(
        "disclosure_drafts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("task_id", ROW_ID, nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("figures_sha256", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("author_id", ROW_ID, nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reviewer_id", ROW_ID, nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(state = 'sent_back') = (reason <> '')", name=op.f("ck_disclosure_drafts_sent_back_with_reason")
        ),
        sa.CheckConstraint(
            "(state IN ('sent_back', 'published')) = (reviewer_id IS NOT NULL)",
            name=op.f("ck_disclosure_drafts_decided"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent_back', 'replaced', 'published')", name=op.f("ck_disclosure_drafts_state")
        ),
        sa.CheckConstraint(
            "reviewer_id IS NULL OR reviewer_id <> author_id", name=op.f("ck_disclosure_drafts_four_eyes")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_disclosure_drafts_author_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_disclosure_drafts_reviewer_id")),
        sa.ForeignKeyConstraint(["task_id"], ["disclosure_tasks.id"], name=op.f("fk_disclosure_drafts_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure_drafts")),
    )
    op.create_index(op.f("ix_disclosure_drafts_task_id"), "disclosure_drafts", ["task_id"])
    op.create_index(
        "uq_disclosure_drafts_waiting",
        "disclosure_drafts",
        ["task_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _make_reports() -> None:
    op.create_table(
        "disclosure_reports",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code", sa.String(length=26), nullable=False),
        sa.Column("task_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("figures_sha256", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_sha256", sa.String(length=64), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("author_id", ROW_ID, nullable=False),
        sa.Column("reviewer_id", ROW_ID, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(number > 1) = (note <> '')", name=op.f("ck_disclosure_reports_correction_has_note")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_disclosure_reports_number")),
        sa.CheckConstraint("reviewer_id <> author_id", name=op.f("ck_disclosure_reports_four_eyes")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_disclosure_reports_author_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_disclosure_reports_reviewer_id")),
        sa.ForeignKeyConstraint(["task_id"], ["disclosure_tasks.id"], name=op.f("fk_disclosure_reports_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure_reports")),
        sa.UniqueConstraint("code", name=op.f("uq_disclosure_reports_code")),
        sa.UniqueConstraint("task_id", "number", name=op.f("uq_disclosure_reports_task_id_number")),
    )

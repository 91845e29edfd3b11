"""first schema

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


# What the database itself refuses; see core.append_only and ledger.guards for the reasons.
SQLITE = [
    "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
    "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
    "CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
    "CREATE TRIGGER need_changes_no_update BEFORE UPDATE ON need_changes BEGIN SELECT RAISE(ABORT, 'need_changes is append-only'); END",
    "CREATE TRIGGER need_changes_no_delete BEFORE DELETE ON need_changes BEGIN SELECT RAISE(ABORT, 'need_changes is append-only'); END",
    "CREATE TRIGGER need_changes_no_replace BEFORE INSERT ON need_changes WHEN EXISTS (SELECT 1 FROM need_changes WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'need_changes is append-only'); END",
    "CREATE TRIGGER unmaskings_no_update BEFORE UPDATE ON unmaskings BEGIN SELECT RAISE(ABORT, 'unmaskings is append-only'); END",
    "CREATE TRIGGER unmaskings_no_delete BEFORE DELETE ON unmaskings BEGIN SELECT RAISE(ABORT, 'unmaskings is append-only'); END",
    "CREATE TRIGGER unmaskings_no_replace BEFORE INSERT ON unmaskings WHEN EXISTS (SELECT 1 FROM unmaskings WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'unmaskings is append-only'); END",
    "CREATE VIRTUAL TABLE need_search USING fts5(document, content='', tokenize='ascii')",
    "CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers is append-only'); END",
    "CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers is append-only'); END",
    "CREATE TRIGGER transfers_no_replace BEFORE INSERT ON transfers WHEN EXISTS (SELECT 1 FROM transfers WHERE id = NEW.id OR uid = NEW.uid) BEGIN SELECT RAISE(ABORT, 'transfers is append-only'); END",
    "CREATE TRIGGER ledger_accounts_no_update BEFORE UPDATE ON ledger_accounts BEGIN SELECT RAISE(ABORT, 'ledger_accounts is append-only'); END",
    "CREATE TRIGGER ledger_accounts_no_delete BEFORE DELETE ON ledger_accounts BEGIN SELECT RAISE(ABORT, 'ledger_accounts is append-only'); END",
    "CREATE TRIGGER ledger_accounts_no_replace BEFORE INSERT ON ledger_accounts WHEN EXISTS (SELECT 1 FROM ledger_accounts WHERE id = NEW.id OR key = NEW.key) BEGIN SELECT RAISE(ABORT, 'ledger_accounts is append-only'); END",
    r"""CREATE TRIGGER transfers_guard BEFORE INSERT ON transfers BEGIN
  SELECT RAISE(ABORT, 'ledger: amounts are integers') WHERE (typeof(NEW.amount_fen) = 'integer' AND (NEW.quantity IS NULL OR typeof(NEW.quantity) = 'integer')) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: the business day is a day') WHERE (NEW.business_on GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' AND date(NEW.business_on, '+0 days') = NEW.business_on) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: texts fit their columns') WHERE (length(NEW.uid) BETWEEN 6 AND 40 AND length(NEW.donor_shown) <= 120 AND length(NEW.reason) <= 200) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: both accounts are of its book, of its need and of the kinds that fit') WHERE (EXISTS (SELECT 1 FROM ledger_accounts d, ledger_accounts c
      WHERE d.id = NEW.debit_id AND c.id = NEW.credit_id AND d.book = NEW.book AND c.book = NEW.book
      AND (d.kind = 'bank' OR d.need_code = NEW.need_code) AND (c.kind = 'bank' OR c.need_code = NEW.need_code)
      AND ((NEW.reverses_id IS NULL AND (
        (NEW.kind = 'gift' AND d.kind = 'bank' AND c.kind = 'fund')
        OR (NEW.kind = 'spending' AND d.kind = 'fund' AND c.kind = 'bank')
        OR (NEW.kind = 'goods' AND d.kind = 'goods_handed_over' AND c.kind = 'goods_given')))
        OR (NEW.reverses_id IS NOT NULL AND (
        (NEW.kind = 'gift' AND c.kind = 'bank' AND d.kind = 'fund')
        OR (NEW.kind = 'spending' AND c.kind = 'fund' AND d.kind = 'bank')
        OR (NEW.kind = 'goods' AND c.kind = 'goods_handed_over' AND d.kind = 'goods_given')))))) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: a reversal is the exact mirror of an entry that is no reversal') WHERE (NEW.reverses_id IS NULL OR EXISTS (SELECT 1 FROM transfers o
      WHERE o.id = NEW.reverses_id AND o.reverses_id IS NULL
      AND o.debit_id = NEW.credit_id AND o.credit_id = NEW.debit_id AND o.amount_fen = NEW.amount_fen
      AND o.kind = NEW.kind AND o.book = NEW.book AND o.need_code = NEW.need_code
      AND o.county_code = NEW.county_code AND o.category = NEW.category
      AND COALESCE(o.claim_code, '') = COALESCE(NEW.claim_code, '')
      AND COALESCE(o.delivery_code, '') = COALESCE(NEW.delivery_code, '')
      AND COALESCE(o.voucher_code, '') = COALESCE(NEW.voucher_code, ''))) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: an entry is reversed once') WHERE (NEW.reverses_id IS NULL OR NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = NEW.reverses_id)) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: spending has a voucher that a second person approved for exactly this') WHERE (NEW.kind <> 'spending' OR NEW.reverses_id IS NOT NULL OR EXISTS (SELECT 1 FROM vouchers v
      WHERE v.code = NEW.voucher_code AND v.state = 'approved' AND v.transfer_uid = NEW.uid
      AND v.amount_fen = NEW.amount_fen AND v.need_code = NEW.need_code AND v.checker_id <> v.maker_id)) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: only spending names a voucher') WHERE (NEW.kind = 'spending' OR NEW.voucher_code IS NULL) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: a delivery stands in the books once') WHERE (NEW.delivery_code IS NULL OR NEW.reverses_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM transfers t
      WHERE t.delivery_code = NEW.delivery_code AND t.reverses_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = t.id))) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: a fund never falls below zero') WHERE (NOT EXISTS (SELECT 1 FROM ledger_accounts f WHERE f.id = NEW.debit_id AND f.kind = 'fund')
      OR NEW.amount_fen <= (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.credit_id = NEW.debit_id)
        - (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.debit_id = NEW.debit_id)) IS NOT TRUE;
END""",
    r"""CREATE TRIGGER vouchers_frozen BEFORE UPDATE ON vouchers WHEN (OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.code = OLD.code AND NEW.need_code = OLD.need_code AND NEW.county_code = OLD.county_code AND NEW.need_category = OLD.need_category AND NEW.payee_name = OLD.payee_name AND NEW.payee_kind = OLD.payee_kind AND NEW.category = OLD.category AND NEW.purpose = OLD.purpose AND NEW.amount_fen = OLD.amount_fen AND NEW.spent_on = OLD.spent_on AND NEW.document_id = OLD.document_id AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at) IS NOT TRUE
BEGIN SELECT RAISE(ABORT, 'vouchers: decided or frozen'); END""",
    "CREATE TRIGGER vouchers_no_delete BEFORE DELETE ON vouchers BEGIN SELECT RAISE(ABORT, 'vouchers: decided or frozen'); END",
    r"""CREATE TRIGGER vouchers_begins BEFORE INSERT ON vouchers WHEN NEW.state <> 'drafted'
BEGIN SELECT RAISE(ABORT, 'vouchers: begins as a draft'); END""",
    r"""CREATE TRIGGER vouchers_no_replace BEFORE INSERT ON vouchers WHEN EXISTS (SELECT 1 FROM vouchers WHERE id = NEW.id OR code = NEW.code)
BEGIN SELECT RAISE(ABORT, 'vouchers: decided or frozen'); END""",
    r"""CREATE TRIGGER corrections_frozen BEFORE UPDATE ON corrections WHEN (OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.transfer_id = OLD.transfer_id AND NEW.reason = OLD.reason AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at) IS NOT TRUE
BEGIN SELECT RAISE(ABORT, 'corrections: decided or frozen'); END""",
    "CREATE TRIGGER corrections_no_delete BEFORE DELETE ON corrections BEGIN SELECT RAISE(ABORT, 'corrections: decided or frozen'); END",
    r"""CREATE TRIGGER corrections_begins BEFORE INSERT ON corrections WHEN NEW.state <> 'drafted'
BEGIN SELECT RAISE(ABORT, 'corrections: begins as a draft'); END""",
    r"""CREATE TRIGGER corrections_no_replace BEFORE INSERT ON corrections WHEN EXISTS (SELECT 1 FROM corrections WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'corrections: decided or frozen'); END""",
]
POSTGRESQL = [
    r"""
CREATE OR REPLACE FUNCTION sun_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
""",
    "CREATE TRIGGER audit_entries_no_change BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION sun_refuse_change()",
    "CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION sun_refuse_change()",
    "ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_no_change",
    "ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_no_truncate",
    "CREATE TRIGGER need_changes_no_change BEFORE UPDATE OR DELETE ON need_changes FOR EACH ROW EXECUTE FUNCTION sun_refuse_change()",
    "CREATE TRIGGER need_changes_no_truncate BEFORE TRUNCATE ON need_changes FOR EACH STATEMENT EXECUTE FUNCTION sun_refuse_change()",
    "ALTER TABLE need_changes ENABLE ALWAYS TRIGGER need_changes_no_change",
    "ALTER TABLE need_changes ENABLE ALWAYS TRIGGER need_changes_no_truncate",
    "CREATE TRIGGER unmaskings_no_change BEFORE UPDATE OR DELETE ON unmaskings FOR EACH ROW EXECUTE FUNCTION sun_refuse_change()",
    "CREATE TRIGGER unmaskings_no_truncate BEFORE TRUNCATE ON unmaskings FOR EACH STATEMENT EXECUTE FUNCTION sun_refuse_change()",
    "ALTER TABLE unmaskings ENABLE ALWAYS TRIGGER unmaskings_no_change",
    "ALTER TABLE unmaskings ENABLE ALWAYS TRIGGER unmaskings_no_truncate",
    "CREATE TABLE need_search (need_id bigint PRIMARY KEY, document tsvector NOT NULL)",
    "CREATE INDEX ix_need_search_document ON need_search USING gin (document)",
    "CREATE TRIGGER transfers_no_change BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION sun_refuse_change()",
    "CREATE TRIGGER transfers_no_truncate BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION sun_refuse_change()",
    "ALTER TABLE transfers ENABLE ALWAYS TRIGGER transfers_no_change",
    "ALTER TABLE transfers ENABLE ALWAYS TRIGGER transfers_no_truncate",
    "CREATE TRIGGER ledger_accounts_no_change BEFORE UPDATE OR DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION sun_refuse_change()",
    "CREATE TRIGGER ledger_accounts_no_truncate BEFORE TRUNCATE ON ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION sun_refuse_change()",
    "ALTER TABLE ledger_accounts ENABLE ALWAYS TRIGGER ledger_accounts_no_change",
    "ALTER TABLE ledger_accounts ENABLE ALWAYS TRIGGER ledger_accounts_no_truncate",
    r"""CREATE OR REPLACE FUNCTION sun_transfers_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') = 'repeatable read' THEN
    RAISE EXCEPTION 'ledger: no posting under REPEATABLE READ' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM 1 FROM ledger_accounts WHERE id IN (NEW.debit_id, NEW.credit_id) AND kind <> 'bank'
    ORDER BY id FOR UPDATE;
  IF (EXISTS (SELECT 1 FROM ledger_accounts d, ledger_accounts c
      WHERE d.id = NEW.debit_id AND c.id = NEW.credit_id AND d.book = NEW.book AND c.book = NEW.book
      AND (d.kind = 'bank' OR d.need_code = NEW.need_code) AND (c.kind = 'bank' OR c.need_code = NEW.need_code)
      AND ((NEW.reverses_id IS NULL AND (
        (NEW.kind = 'gift' AND d.kind = 'bank' AND c.kind = 'fund')
        OR (NEW.kind = 'spending' AND d.kind = 'fund' AND c.kind = 'bank')
        OR (NEW.kind = 'goods' AND d.kind = 'goods_handed_over' AND c.kind = 'goods_given')))
        OR (NEW.reverses_id IS NOT NULL AND (
        (NEW.kind = 'gift' AND c.kind = 'bank' AND d.kind = 'fund')
        OR (NEW.kind = 'spending' AND c.kind = 'fund' AND d.kind = 'bank')
        OR (NEW.kind = 'goods' AND c.kind = 'goods_handed_over' AND d.kind = 'goods_given')))))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: both accounts are of its book, of its need and of the kinds that fit' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.reverses_id IS NULL OR EXISTS (SELECT 1 FROM transfers o
      WHERE o.id = NEW.reverses_id AND o.reverses_id IS NULL
      AND o.debit_id = NEW.credit_id AND o.credit_id = NEW.debit_id AND o.amount_fen = NEW.amount_fen
      AND o.kind = NEW.kind AND o.book = NEW.book AND o.need_code = NEW.need_code
      AND o.county_code = NEW.county_code AND o.category = NEW.category
      AND COALESCE(o.claim_code, '') = COALESCE(NEW.claim_code, '')
      AND COALESCE(o.delivery_code, '') = COALESCE(NEW.delivery_code, '')
      AND COALESCE(o.voucher_code, '') = COALESCE(NEW.voucher_code, ''))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: a reversal is the exact mirror of an entry that is no reversal' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.reverses_id IS NULL OR NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = NEW.reverses_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: an entry is reversed once' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.kind <> 'spending' OR NEW.reverses_id IS NOT NULL OR EXISTS (SELECT 1 FROM vouchers v
      WHERE v.code = NEW.voucher_code AND v.state = 'approved' AND v.transfer_uid = NEW.uid
      AND v.amount_fen = NEW.amount_fen AND v.need_code = NEW.need_code AND v.checker_id <> v.maker_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: spending has a voucher that a second person approved for exactly this' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.kind = 'spending' OR NEW.voucher_code IS NULL) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: only spending names a voucher' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.delivery_code IS NULL OR NEW.reverses_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM transfers t
      WHERE t.delivery_code = NEW.delivery_code AND t.reverses_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = t.id))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: a delivery stands in the books once' USING ERRCODE = 'check_violation';
  END IF;
  IF (NOT EXISTS (SELECT 1 FROM ledger_accounts f WHERE f.id = NEW.debit_id AND f.kind = 'fund')
      OR NEW.amount_fen <= (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.credit_id = NEW.debit_id)
        - (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.debit_id = NEW.debit_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: a fund never falls below zero' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$""",
    "CREATE TRIGGER transfers_guard BEFORE INSERT ON transfers FOR EACH ROW EXECUTE FUNCTION sun_transfers_guard()",
    "ALTER TABLE transfers ENABLE ALWAYS TRIGGER transfers_guard",
    r"""CREATE OR REPLACE FUNCTION sun_vouchers_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'drafted' THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'vouchers: begins as a draft' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.code = OLD.code AND NEW.need_code = OLD.need_code AND NEW.county_code = OLD.county_code AND NEW.need_category = OLD.need_category AND NEW.payee_name = OLD.payee_name AND NEW.payee_kind = OLD.payee_kind AND NEW.category = OLD.category AND NEW.purpose = OLD.purpose AND NEW.amount_fen = OLD.amount_fen AND NEW.spent_on = OLD.spent_on AND NEW.document_id = OLD.document_id AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'vouchers: decided or frozen' USING ERRCODE = 'check_violation';
END $$""",
    "CREATE TRIGGER vouchers_guard BEFORE INSERT OR UPDATE OR DELETE ON vouchers FOR EACH ROW EXECUTE FUNCTION sun_vouchers_guard()",
    "CREATE TRIGGER vouchers_no_truncate BEFORE TRUNCATE ON vouchers FOR EACH STATEMENT EXECUTE FUNCTION sun_vouchers_guard()",
    "ALTER TABLE vouchers ENABLE ALWAYS TRIGGER vouchers_guard",
    "ALTER TABLE vouchers ENABLE ALWAYS TRIGGER vouchers_no_truncate",
    r"""CREATE OR REPLACE FUNCTION sun_corrections_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'drafted' THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'corrections: begins as a draft' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.transfer_id = OLD.transfer_id AND NEW.reason = OLD.reason AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'corrections: decided or frozen' USING ERRCODE = 'check_violation';
END $$""",
    "CREATE TRIGGER corrections_guard BEFORE INSERT OR UPDATE OR DELETE ON corrections FOR EACH ROW EXECUTE FUNCTION sun_corrections_guard()",
    "CREATE TRIGGER corrections_no_truncate BEFORE TRUNCATE ON corrections FOR EACH STATEMENT EXECUTE FUNCTION sun_corrections_guard()",
    "ALTER TABLE corrections ENABLE ALWAYS TRIGGER corrections_guard",
    "ALTER TABLE corrections ENABLE ALWAYS TRIGGER corrections_no_truncate",
]


def upgrade():
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("object_kind", sa.String(length=30), nullable=False),
        sa.Column("object_code", sa.String(length=80), nullable=False),
        sa.Column("from_state", sa.String(length=30), nullable=False),
        sa.Column("to_state", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_actor_id_at"), ["actor_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_object_code"), ["object_code"], unique=False)

    op.create_table(
        "counters",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_counters")),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("place_code", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("code", name=op.f("uq_invitations_code")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitations_created_by"), ["created_by"], unique=False)

    op.create_table(
        "job_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
        sa.UniqueConstraint("job", "period", name=op.f("uq_job_runs_job_period")),
    )
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_runs_job_started_at"), ["job", "started_at"], unique=False)

    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("book", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("need_code", sa.String(length=20), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("book IN ('cash', 'goods')", name=op.f("ck_ledger_accounts_book")),
        sa.CheckConstraint("kind <> 'fund' OR need_code IS NOT NULL", name=op.f("ck_ledger_accounts_fund_has_need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_accounts_key")),
    )
    with op.batch_alter_table("ledger_accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_accounts_need_code"), ["need_code"], unique=False)

    op.create_table(
        "ledger_sums",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reversed_fen", sa.BigInteger(), nullable=False),
        sa.Column("entries_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "county_code", "category", "kind", name=op.f("pk_ledger_sums")),
    )
    op.create_table(
        "need_cells",
        sa.Column("place_code", sa.String(length=9), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.Column("urgency", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kinds", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n >= 0", name=op.f("ck_need_cells_not_negative")),
        sa.PrimaryKeyConstraint(
            "place_code", "category", "subject", "urgency", "kinds", "is_open", name=op.f("pk_need_cells")
        ),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Integer(), nullable=True),
        sa.Column("refused_reason", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("code", name=op.f("uq_organisations_code")),
    )
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.create_index(
            "uq_organisations_verified_credit_code",
            ["credit_code"],
            unique=True,
            sqlite_where=sa.text("verified_at IS NOT NULL"),
            postgresql_where=sa.text("verified_at IS NOT NULL"),
        )

    op.create_table(
        "place_loads",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("city_code", sa.String(length=4), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_loads")),
    )
    op.create_table(
        "places",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("parent_code", sa.String(length=20), nullable=True),
        sa.Column("level", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("former_names", sa.String(length=200), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("merged_into", sa.String(length=20), nullable=True),
        sa.Column("pinyin", sa.String(length=420), nullable=False),
        sa.Column("initials", sa.String(length=60), nullable=False),
        sa.Column("basis", sa.String(length=60), nullable=False),
        sa.CheckConstraint("length(code) IN (4, 6, 9, 12, 11, 14, 17)", name=op.f("ck_places_code_length")),
        sa.CheckConstraint("merged_into IS NULL OR merged_into <> code", name=op.f("ck_places_not_into_itself")),
        sa.CheckConstraint("merged_into IS NULL OR valid_to IS NOT NULL", name=op.f("ck_places_merged_has_ended")),
        sa.CheckConstraint(
            "valid_from IS NULL OR valid_to IS NULL OR valid_from < valid_to", name=op.f("ck_places_from_before_to")
        ),
        sa.ForeignKeyConstraint(["merged_into"], ["places.code"], name=op.f("fk_places_merged_into")),
        sa.ForeignKeyConstraint(["parent_code"], ["places.code"], name=op.f("fk_places_parent_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_places")),
    )
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_places_level_name"), ["level", "name"], unique=False)
        batch_op.create_index(batch_op.f("ix_places_merged_into"), ["merged_into"], unique=False)
        batch_op.create_index(batch_op.f("ix_places_parent_code"), ["parent_code"], unique=False)

    op.create_table(
        "selfcheck_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checks_count", sa.Integer(), nullable=False),
        sa.Column("failures", sa.String(length=4000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_selfcheck_runs")),
    )
    with op.batch_alter_table("selfcheck_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_selfcheck_runs_ran_at"), ["ran_at"], unique=False)

    op.create_table(
        "throttles",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttles")),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_uploads_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("token", name=op.f("uq_uploads_token")),
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_uploads_sha256"), ["sha256"], unique=False)

    op.create_table(
        "transfers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("book", sa.String(length=24), nullable=False),
        sa.Column("debit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("credit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("business_on", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_by", sa.Integer(), nullable=True),
        sa.Column("need_code", sa.String(length=20), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("claim_code", sa.String(length=20), nullable=True),
        sa.Column("delivery_code", sa.String(length=20), nullable=True),
        sa.Column("voucher_code", sa.String(length=20), nullable=True),
        sa.Column("donor_shown", sa.String(length=120), nullable=False),
        sa.Column("item", sa.String(length=60), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=12), nullable=False),
        sa.Column("value_basis", sa.String(length=12), nullable=False),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint("(kind = 'goods') = (book = 'goods')", name=op.f("ck_transfers_kind_in_book")),
        sa.CheckConstraint("currency = 'CNY'", name=op.f("ck_transfers_currency")),
        sa.CheckConstraint("kind <> 'goods' OR value_basis <> ''", name=op.f("ck_transfers_goods_have_basis")),
        sa.CheckConstraint("reverses_id IS NULL OR reason <> ''", name=op.f("ck_transfers_reversal_has_reason")),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name=op.f("ck_transfers_amount")),
        sa.CheckConstraint("debit_id <> credit_id", name=op.f("ck_transfers_two_accounts")),
        sa.CheckConstraint("quantity IS NULL OR quantity >= 1", name=op.f("ck_transfers_quantity")),
        sa.ForeignKeyConstraint(["credit_id"], ["ledger_accounts.id"], name=op.f("fk_transfers_credit_id")),
        sa.ForeignKeyConstraint(["debit_id"], ["ledger_accounts.id"], name=op.f("fk_transfers_debit_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["transfers.id"], name=op.f("fk_transfers_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.UniqueConstraint("uid", name=op.f("uq_transfers_uid")),
    )
    with op.batch_alter_table("transfers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transfers_business_on_id"), ["business_on", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_transfers_category_business_on_id"), ["category", "business_on", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_transfers_claim_code"), ["claim_code"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_transfers_county_code_business_on_id"), ["county_code", "business_on", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_transfers_credit_id_amount_fen"), ["credit_id", "amount_fen"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_transfers_debit_id_amount_fen"), ["debit_id", "amount_fen"], unique=False)
        batch_op.create_index(batch_op.f("ix_transfers_delivery_code"), ["delivery_code"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_transfers_kind_business_on_id"), ["kind", "business_on", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_transfers_need_code_business_on_id"), ["need_code", "business_on", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_transfers_voucher_code"), ["voucher_code"], unique=False)
        batch_op.create_index(
            "uq_transfers_reverses_id",
            ["reverses_id"],
            unique=True,
            sqlite_where=sa.text("reverses_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL"),
        )

    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("office_phone", sa.String(length=30), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("auth_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind <> 'organisation' OR organisation_id IS NOT NULL", name=op.f("ck_users_names_organisation")
        ),
        sa.CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", name=op.f("ck_users_can_sign_in")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_users_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("code", name=op.f("uq_users_code")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("phone", name=op.f("uq_users_phone")),
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_users_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "corrections",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("maker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.String(length=100), nullable=False),
        sa.CheckConstraint(
            "(state = 'drafted') = (checker_id IS NULL)", name=op.f("ck_corrections_decided_by_somebody")
        ),
        sa.CheckConstraint("state IN ('drafted', 'approved', 'refused')", name=op.f("ck_corrections_state")),
        sa.CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name=op.f("ck_corrections_four_eyes")),
        sa.ForeignKeyConstraint(["checker_id"], ["users.id"], name=op.f("fk_corrections_checker_id")),
        sa.ForeignKeyConstraint(["maker_id"], ["users.id"], name=op.f("fk_corrections_maker_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_corrections_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_corrections_state_made_at"), ["state", "made_at"], unique=False)
        batch_op.create_index(
            "uq_corrections_open",
            ["transfer_id"],
            unique=True,
            sqlite_where=sa.text("state = 'drafted'"),
            postgresql_where=sa.text("state = 'drafted'"),
        )

    op.create_table(
        "duties",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("place_code", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_duties_term")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_duties_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
        sa.UniqueConstraint("code", name=op.f("uq_duties_code")),
    )
    with op.batch_alter_table("duties", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duties_role_place_code"), ["role", "place_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_duties_user_id"), ["user_id"], unique=False)

    op.create_table(
        "form_keys",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("location", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_form_keys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_keys")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_form_keys_user_id_key")),
    )
    op.create_table(
        "households",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("village_code", sa.String(length=20), nullable=False),
        sa.Column("masked_name", sa.String(length=12), nullable=False),
        sa.Column("members_count", sa.Integer(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("health_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("support_label_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("members_count BETWEEN 1 AND 30", name=op.f("ck_households_members")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_households_created_by")),
        sa.ForeignKeyConstraint(["village_code"], ["places.code"], name=op.f("fk_households_village_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_households")),
        sa.UniqueConstraint("code", name=op.f("uq_households_code")),
    )
    with op.batch_alter_table("households", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_households_village_code"), ["village_code"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("object_code", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notices_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("code", name=op.f("uq_notices_code")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_user_id_id"), ["user_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_user_id_read_at"), ["user_id", "read_at"], unique=False)

    op.create_table(
        "outbox_messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("is_secret", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=200), nullable=False),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_messages_attempts")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_outbox_messages_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
    )
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_messages_state_channel_next_try_at"),
            ["state", "channel", "next_try_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_outbox_messages_user_id"), ["user_id"], unique=False)

    op.create_table(
        "password_resets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_password_resets_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_resets")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_resets_token_hash")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("auth_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_ins_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_ins_token_hash")),
    )
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_ins_seen_at"), ["seen_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_ins_user_id"), ["user_id"], unique=False)

    op.create_table(
        "vouchers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("need_code", sa.String(length=20), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("need_category", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("payee_name", sa.String(length=120), nullable=False),
        sa.Column("payee_kind", sa.String(length=24), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("purpose", sa.String(length=100), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("maker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.String(length=100), nullable=False),
        sa.Column("transfer_uid", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "(state = 'approved') = (transfer_uid IS NOT NULL)", name=op.f("ck_vouchers_approved_is_posted")
        ),
        sa.CheckConstraint("(state = 'drafted') = (checker_id IS NULL)", name=op.f("ck_vouchers_decided_by_somebody")),
        sa.CheckConstraint("state IN ('drafted', 'approved', 'refused')", name=op.f("ck_vouchers_state")),
        sa.CheckConstraint("amount_fen BETWEEN 1 AND 100000000000", name=op.f("ck_vouchers_amount")),
        sa.CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name=op.f("ck_vouchers_four_eyes")),
        sa.ForeignKeyConstraint(["checker_id"], ["users.id"], name=op.f("fk_vouchers_checker_id")),
        sa.ForeignKeyConstraint(["document_id"], ["uploads.id"], name=op.f("fk_vouchers_document_id")),
        sa.ForeignKeyConstraint(["maker_id"], ["users.id"], name=op.f("fk_vouchers_maker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
        sa.UniqueConstraint("code", name=op.f("uq_vouchers_code")),
    )
    with op.batch_alter_table("vouchers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vouchers_need_code"), ["need_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_vouchers_state_made_at"), ["state", "made_at"], unique=False)

    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("household_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("is_by_guardian", sa.Boolean(), nullable=False),
        sa.Column("document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["uploads.id"], name=op.f("fk_consents_document_id")),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_consents_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consents_household_id_purpose"), ["household_id", "purpose"], unique=False)

    op.create_table(
        "needs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("village_code", sa.String(length=20), nullable=False),
        sa.Column("township_code", sa.String(length=9), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("household_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("township_reviewer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("publisher_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("names_village", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("kinds", sa.Integer(), nullable=False),
        sa.Column("newest_key", sa.String(length=40), nullable=False),
        sa.Column("urgent_key", sa.String(length=40), nullable=False),
        sa.Column("deadline_key", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "(subject = 'household') = (household_id IS NOT NULL)", name=op.f("ck_needs_subject_matches")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'returned', 'approved', 'published', 'partly_claimed', 'claimed', 'partly_fulfilled', 'fulfilled', 'closed', 'paused', 'withdrawn', 'expired')",
            name=op.f("ck_needs_state"),
        ),
        sa.CheckConstraint("is_listed OR NOT is_open", name=op.f("ck_needs_open_is_listed")),
        sa.CheckConstraint("urgency BETWEEN 1 AND 3", name=op.f("ck_needs_urgency")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_needs_author_id")),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_needs_household_id")),
        sa.ForeignKeyConstraint(["publisher_id"], ["users.id"], name=op.f("fk_needs_publisher_id")),
        sa.ForeignKeyConstraint(["township_reviewer_id"], ["users.id"], name=op.f("fk_needs_township_reviewer_id")),
        sa.ForeignKeyConstraint(["village_code"], ["places.code"], name=op.f("fk_needs_village_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
        sa.UniqueConstraint("code", name=op.f("uq_needs_code")),
    )
    with op.batch_alter_table("needs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_needs_all_deadline",
            ["is_listed", "is_open", "deadline_key", "subject", "urgency", "kinds"],
            unique=False,
        )
        batch_op.create_index(
            "ix_needs_all_newest", ["is_listed", "is_open", "newest_key", "subject", "urgency", "kinds"], unique=False
        )
        batch_op.create_index(
            "ix_needs_all_urgent", ["is_listed", "is_open", "urgent_key", "subject", "urgency", "kinds"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_needs_author_id"), ["author_id"], unique=False)
        batch_op.create_index(
            "ix_needs_category_deadline",
            ["category", "is_listed", "is_open", "deadline_key", "subject", "urgency", "kinds"],
            unique=False,
        )
        batch_op.create_index(
            "ix_needs_category_newest",
            ["category", "is_listed", "is_open", "newest_key", "subject", "urgency", "kinds"],
            unique=False,
        )
        batch_op.create_index(
            "ix_needs_category_urgent",
            ["category", "is_listed", "is_open", "urgent_key", "subject", "urgency", "kinds"],
            unique=False,
        )
        batch_op.create_index(
            "ix_needs_county_code_deadline",
            ["county_code", "is_listed", "is_open", "deadline_key", "category", "subject", "urgency", "kinds"],
            unique=False,
        )
        batch_op.create_index(
            "ix_needs_county_code_newest",
            ["county_code", "is_listed", "is_open", "newest_key", "category", "subject", "urgency", "kinds"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_needs_county_code_state"), ["county_code", "state"], unique=False)
        batch_op.create_index(
            "ix_needs_county_code_urgent",
            ["county_code", "is_listed", "is_open", "urgent_key", "category", "subject", "urgency", "kinds"],
            unique=False,
        )
        batch_op.create_index(
            "ix_needs_facets",
            ["county_code", "category", "subject", "urgency", "is_open", "is_listed", "kinds"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_needs_household_id"), ["household_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_needs_state_expires_on"), ["state", "expires_on"], unique=False)
        batch_op.create_index(
            "ix_needs_township_code_deadline",
            ["township_code", "is_listed", "is_open", "deadline_key", "category", "subject", "urgency", "kinds"],
            unique=False,
        )
        batch_op.create_index(
            "ix_needs_township_code_newest",
            ["township_code", "is_listed", "is_open", "newest_key", "category", "subject", "urgency", "kinds"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_needs_township_code_state"), ["township_code", "state"], unique=False)
        batch_op.create_index(
            "ix_needs_township_code_urgent",
            ["township_code", "is_listed", "is_open", "urgent_key", "category", "subject", "urgency", "kinds"],
            unique=False,
        )
        batch_op.create_index("ix_needs_village_code_newest", ["village_code", "is_listed", "newest_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_needs_village_code_state"), ["village_code", "state"], unique=False)

    op.create_table(
        "unmaskings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("household_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_unmaskings_household_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_unmaskings_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmaskings")),
    )
    with op.batch_alter_table("unmaskings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unmaskings_household_id_at"), ["household_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_unmaskings_user_id_at"), ["user_id", "at"], unique=False)

    op.create_table(
        "claims",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("need_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("donor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("shown", sa.String(length=24), nullable=False),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("message", sa.String(length=200), nullable=False),
        sa.Column("payment_code", sa.String(length=12), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("half_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reminded_half_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=100), nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (state IN ('held', 'pledged'))", name=op.f("ck_claims_over_has_end")),
        sa.CheckConstraint("state <> 'held' OR held_until IS NOT NULL", name=op.f("ck_claims_held_has_end")),
        sa.CheckConstraint("state <> 'pledged' OR due_on IS NOT NULL", name=op.f("ck_claims_pledged_has_date")),
        sa.CheckConstraint(
            "state IN ('held', 'pledged', 'fulfilled', 'cancelled', 'expired')", name=op.f("ck_claims_state")
        ),
        sa.ForeignKeyConstraint(["donor_id"], ["users.id"], name=op.f("fk_claims_donor_id")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_claims_need_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("code", name=op.f("uq_claims_code")),
        sa.UniqueConstraint("payment_code", name=op.f("uq_claims_payment_code")),
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claims_donor_id_id"), ["donor_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claims_need_id_state"), ["need_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_claims_state_due_on"), ["state", "due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_claims_state_held_until"), ["state", "held_until"], unique=False)
        batch_op.create_index(
            "uq_claims_held",
            ["donor_id", "need_id"],
            unique=True,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )

    op.create_table(
        "need_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("need_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(length=24), nullable=False),
        sa.Column("side", sa.String(length=24), nullable=False),
        sa.Column("from_state", sa.String(length=24), nullable=False),
        sa.Column("to_state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_need_changes_need_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_changes")),
    )
    with op.batch_alter_table("need_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_changes_need_id"), ["need_id"], unique=False)

    op.create_table(
        "need_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("need_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("item", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=12), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_fen", sa.BigInteger(), nullable=True),
        sa.Column("is_divisible", sa.Boolean(), nullable=False),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('money', 'goods', 'service', 'hours')", name=op.f("ck_need_lines_kind")),
        sa.CheckConstraint("asked BETWEEN 1 AND 100000000000", name=op.f("ck_need_lines_asked")),
        sa.CheckConstraint("claimed BETWEEN 0 AND asked", name=op.f("ck_need_lines_never_over_claimed")),
        sa.CheckConstraint("delivered BETWEEN 0 AND claimed", name=op.f("ck_need_lines_delivered_was_claimed")),
        sa.CheckConstraint("minimum BETWEEN 1 AND asked", name=op.f("ck_need_lines_minimum")),
        sa.CheckConstraint(
            "unit_price_fen IS NULL OR unit_price_fen BETWEEN 0 AND 100000000000", name=op.f("ck_need_lines_price")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_need_lines_need_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_lines")),
        sa.UniqueConstraint("need_id", "position", name=op.f("uq_need_lines_need_id_position")),
    )
    op.create_table(
        "need_photos",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("need_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("upload_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("alt", sa.String(length=100), nullable=False),
        sa.Column("shows_person", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_need_photos_need_id")),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=op.f("fk_need_photos_upload_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_photos")),
        sa.UniqueConstraint("need_id", "position", name=op.f("uq_need_photos_need_id_position")),
    )
    op.create_table(
        "claim_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("claim_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("need_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("released", sa.BigInteger(), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("delivered + released <= quantity", name=op.f("ck_claim_lines_within_quantity")),
        sa.CheckConstraint("delivered >= 0 AND released >= 0", name=op.f("ck_claim_lines_not_negative")),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_claim_lines_quantity")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_lines_claim_id")),
        sa.ForeignKeyConstraint(["need_line_id"], ["need_lines.id"], name=op.f("fk_claim_lines_need_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_lines")),
        sa.UniqueConstraint("claim_id", "need_line_id", name=op.f("uq_claim_lines_claim_id_need_line_id")),
    )
    with op.batch_alter_table("claim_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_lines_need_line_id"), ["need_line_id"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("claim_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("need_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("method", sa.String(length=24), nullable=False),
        sa.Column("courier", sa.String(length=40), nullable=False),
        sa.Column("tracking_number", sa.String(length=40), nullable=False),
        sa.Column("bank_reference", sa.String(length=64), nullable=True),
        sa.Column("arrived_on", sa.Date(), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("sent_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_quantity", sa.BigInteger(), nullable=True),
        sa.Column("condition", sa.String(length=24), nullable=True),
        sa.Column("received_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("photo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("photo_shows_person", sa.Boolean(), nullable=False),
        sa.Column("is_photo_hidden", sa.Boolean(), nullable=False),
        sa.Column("accepted_quantity", sa.BigInteger(), nullable=True),
        sa.Column("accepted_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_for", sa.String(length=24), nullable=True),
        sa.Column("value_fen", sa.BigInteger(), nullable=True),
        sa.Column("value_basis", sa.String(length=24), nullable=True),
        sa.Column("transfer_uid", sa.String(length=40), nullable=True),
        sa.Column("disputed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("disputed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispute_reason", sa.String(length=100), nullable=False),
        sa.Column("settled_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_as", sa.String(length=24), nullable=True),
        sa.Column("settlement", sa.String(length=100), nullable=False),
        sa.Column("thanks", sa.String(length=300), nullable=False),
        sa.Column("thanked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("thanked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "accepted_quantity IS NULL OR accepted_quantity BETWEEN 0 AND quantity", name=op.f("ck_deliveries_accepted")
        ),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_deliveries_quantity")),
        sa.CheckConstraint(
            "received_quantity IS NULL OR received_quantity BETWEEN 0 AND quantity", name=op.f("ck_deliveries_received")
        ),
        sa.CheckConstraint(
            "sent_by IS NULL OR accepted_by IS NULL OR sent_by <> accepted_by", name=op.f("ck_deliveries_two_people")
        ),
        sa.CheckConstraint(
            "sent_by IS NULL OR received_by IS NULL OR sent_by <> received_by", name=op.f("ck_deliveries_two_sides")
        ),
        sa.CheckConstraint(
            "transfer_uid IS NULL OR accepted_quantity IS NOT NULL", name=op.f("ck_deliveries_posted_was_accepted")
        ),
        sa.CheckConstraint("value_fen IS NULL OR value_basis IS NOT NULL", name=op.f("ck_deliveries_value_has_basis")),
        sa.ForeignKeyConstraint(["accepted_by"], ["users.id"], name=op.f("fk_deliveries_accepted_by")),
        sa.ForeignKeyConstraint(["claim_line_id"], ["claim_lines.id"], name=op.f("fk_deliveries_claim_line_id")),
        sa.ForeignKeyConstraint(["disputed_by"], ["users.id"], name=op.f("fk_deliveries_disputed_by")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_deliveries_need_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["uploads.id"], name=op.f("fk_deliveries_photo_id")),
        sa.ForeignKeyConstraint(["received_by"], ["users.id"], name=op.f("fk_deliveries_received_by")),
        sa.ForeignKeyConstraint(["sent_by"], ["users.id"], name=op.f("fk_deliveries_sent_by")),
        sa.ForeignKeyConstraint(["settled_by"], ["users.id"], name=op.f("fk_deliveries_settled_by")),
        sa.ForeignKeyConstraint(["thanked_by"], ["users.id"], name=op.f("fk_deliveries_thanked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("bank_reference", "claim_line_id", name=op.f("uq_deliveries_bank_reference_claim_line_id")),
        sa.UniqueConstraint("code", name=op.f("uq_deliveries_code")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliveries_claim_line_id"), ["claim_line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deliveries_need_id_state"), ["need_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_deliveries_state_sent_at"), ["state", "sent_at"], unique=False)

    statements = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    for statement in statements:
        op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade():
    op.execute("DROP TABLE need_search")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliveries_state_sent_at"))
        batch_op.drop_index(batch_op.f("ix_deliveries_need_id_state"))
        batch_op.drop_index(batch_op.f("ix_deliveries_claim_line_id"))

    op.drop_table("deliveries")
    with op.batch_alter_table("claim_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_lines_need_line_id"))

    op.drop_table("claim_lines")
    op.drop_table("need_photos")
    op.drop_table("need_lines")
    with op.batch_alter_table("need_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_changes_need_id"))

    op.drop_table("need_changes")
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_claims_held", sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'")
        )
        batch_op.drop_index(batch_op.f("ix_claims_state_held_until"))
        batch_op.drop_index(batch_op.f("ix_claims_state_due_on"))
        batch_op.drop_index(batch_op.f("ix_claims_need_id_state"))
        batch_op.drop_index(batch_op.f("ix_claims_donor_id_id"))

    op.drop_table("claims")
    with op.batch_alter_table("unmaskings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unmaskings_user_id_at"))
        batch_op.drop_index(batch_op.f("ix_unmaskings_household_id_at"))

    op.drop_table("unmaskings")
    with op.batch_alter_table("needs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_needs_village_code_state"))
        batch_op.drop_index("ix_needs_village_code_newest")
        batch_op.drop_index("ix_needs_township_code_urgent")
        batch_op.drop_index(batch_op.f("ix_needs_township_code_state"))
        batch_op.drop_index("ix_needs_township_code_newest")
        batch_op.drop_index("ix_needs_township_code_deadline")
        batch_op.drop_index(batch_op.f("ix_needs_state_expires_on"))
        batch_op.drop_index(batch_op.f("ix_needs_household_id"))
        batch_op.drop_index("ix_needs_facets")
        batch_op.drop_index("ix_needs_county_code_urgent")
        batch_op.drop_index(batch_op.f("ix_needs_county_code_state"))
        batch_op.drop_index("ix_needs_county_code_newest")
        batch_op.drop_index("ix_needs_county_code_deadline")
        batch_op.drop_index("ix_needs_category_urgent")
        batch_op.drop_index("ix_needs_category_newest")
        batch_op.drop_index("ix_needs_category_deadline")
        batch_op.drop_index(batch_op.f("ix_needs_author_id"))
        batch_op.drop_index("ix_needs_all_urgent")
        batch_op.drop_index("ix_needs_all_newest")
        batch_op.drop_index("ix_needs_all_deadline")

    op.drop_table("needs")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consents_household_id_purpose"))

    op.drop_table("consents")
    with op.batch_alter_table("vouchers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vouchers_state_made_at"))
        batch_op.drop_index(batch_op.f("ix_vouchers_need_code"))

    op.drop_table("vouchers")
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_ins_user_id"))
        batch_op.drop_index(batch_op.f("ix_sign_ins_seen_at"))

    op.drop_table("sign_ins")
    op.drop_table("password_resets")
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_messages_user_id"))
        batch_op.drop_index(batch_op.f("ix_outbox_messages_state_channel_next_try_at"))

    op.drop_table("outbox_messages")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notices_user_id_read_at"))
        batch_op.drop_index(batch_op.f("ix_notices_user_id_id"))

    op.drop_table("notices")
    with op.batch_alter_table("households", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_households_village_code"))

    op.drop_table("households")
    op.drop_table("form_keys")
    with op.batch_alter_table("duties", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duties_user_id"))
        batch_op.drop_index(batch_op.f("ix_duties_role_place_code"))

    op.drop_table("duties")
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_corrections_open",
            sqlite_where=sa.text("state = 'drafted'"),
            postgresql_where=sa.text("state = 'drafted'"),
        )
        batch_op.drop_index(batch_op.f("ix_corrections_state_made_at"))

    op.drop_table("corrections")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_users_organisation_id"))

    op.drop_table("users")
    with op.batch_alter_table("transfers", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_transfers_reverses_id",
            sqlite_where=sa.text("reverses_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_transfers_voucher_code"))
        batch_op.drop_index(batch_op.f("ix_transfers_need_code_business_on_id"))
        batch_op.drop_index(batch_op.f("ix_transfers_kind_business_on_id"))
        batch_op.drop_index(batch_op.f("ix_transfers_delivery_code"))
        batch_op.drop_index(batch_op.f("ix_transfers_debit_id_amount_fen"))
        batch_op.drop_index(batch_op.f("ix_transfers_credit_id_amount_fen"))
        batch_op.drop_index(batch_op.f("ix_transfers_county_code_business_on_id"))
        batch_op.drop_index(batch_op.f("ix_transfers_claim_code"))
        batch_op.drop_index(batch_op.f("ix_transfers_category_business_on_id"))
        batch_op.drop_index(batch_op.f("ix_transfers_business_on_id"))

    op.drop_table("transfers")
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_uploads_sha256"))

    op.drop_table("uploads")
    op.drop_table("throttles")
    with op.batch_alter_table("selfcheck_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_selfcheck_runs_ran_at"))

    op.drop_table("selfcheck_runs")
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_places_parent_code"))
        batch_op.drop_index(batch_op.f("ix_places_merged_into"))
        batch_op.drop_index(batch_op.f("ix_places_level_name"))

    op.drop_table("places")
    op.drop_table("place_loads")
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_organisations_verified_credit_code",
            sqlite_where=sa.text("verified_at IS NOT NULL"),
            postgresql_where=sa.text("verified_at IS NOT NULL"),
        )

    op.drop_table("organisations")
    op.drop_table("need_cells")
    op.drop_table("ledger_sums")
    with op.batch_alter_table("ledger_accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_accounts_need_code"))

    op.drop_table("ledger_accounts")
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_runs_job_started_at"))

    op.drop_table("job_runs")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitations_created_by"))

    op.drop_table("invitations")
    op.drop_table("counters")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entries_object_code"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_actor_id_at"))

    op.drop_table("audit_entries")

    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS sun_refuse_change() CASCADE")
        op.execute("DROP FUNCTION IF EXISTS sun_transfers_guard() CASCADE")
        op.execute("DROP FUNCTION IF EXISTS sun_vouchers_guard() CASCADE")
        op.execute("DROP FUNCTION IF EXISTS sun_corrections_guard() CASCADE")

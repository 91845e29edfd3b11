"""Attacks on the books by raw SQL, each with a name. ``{...}`` are filled from a book with one of everything.

An attack is one statement that a hand with full write access to the tables might try. The database has to refuse it.
"""

from __future__ import annotations


def insert(**changes: str) -> str:
    """A spending that would take the fund's money away without a voucher, unless ``changes`` say otherwise."""
    row = {
        "uid": "'ZMATTACK11'", "kind": "'gift'", "book": "'cash'", "debit_id": "{bank}", "credit_id": "{fund}",
        "amount_fen": "100", "currency": "'CNY'", "business_on": "'2017-12-06'",
        "period": "'2017-12'", "to_need_code": "''", "to_county_code": "''", "to_category": "''",
        "posted_at": "'2017-12-06 00:00:00'", "need_code": "'{need}'", "county_code": "'510723'",
        "category": "'daily_necessities'", "donor_shown": "''", "item": "''", "unit": "''", "value_basis": "''",
        "reason": "''", "body_sha256": "'x'", **changes,
    }  # fmt: skip
    return f"INSERT INTO transfers ({', '.join(row)}) VALUES ({', '.join(row.values())})"  # noqa: S608 - that is the test


def mirror(of: str, **changes: str) -> str:
    """A reversal of the entry ``of`` ({gift}, {goods}, ...) that differs from the exact mirror by ``changes``."""
    sides = {"{gift}": ("{fund}", "{bank}"), "{spending}": ("{bank}", "{fund}"), "{goods}": ("{given}", "{handed}")}
    debit, credit = sides[of]
    kind = of.strip("{}")
    amount = {"{gift}": "32000", "{spending}": "12000", "{goods}": "20000"}[of]
    row = {
        "kind": f"'{kind}'", "book": "'goods'" if kind == "goods" else "'cash'", "debit_id": debit,
        "credit_id": credit, "amount_fen": amount, "reverses_id": of, "reason": "'attack'",
        "value_basis": "'invoice'" if kind == "goods" else "''",
        "claim_code": {"{gift}": "'RLTEST1'", "{goods}": "'RLTEST2'"}.get(of, "NULL"),
        "voucher_code": "'{voucher}'" if kind == "spending" else "NULL", **changes,
    }  # fmt: skip
    return insert(**row)


#: Refused by both databases.
BOTH: dict[str, str] = {
    "raise an amount": "UPDATE transfers SET amount_fen = amount_fen + 1",
    "change a donor's name": "UPDATE transfers SET donor_shown = '李四' WHERE id = {gift}",
    "move an entry to another need": "UPDATE transfers SET need_code = 'XQ-2026-99999' WHERE id = {gift}",
    "change nothing": "UPDATE transfers SET uid = uid",
    "delete an entry": "DELETE FROM transfers WHERE id = {goods}",
    "delete all entries": "DELETE FROM transfers",
    "rename a fund": "UPDATE ledger_accounts SET key = 'fund:XQ-2026-99999' WHERE id = {fund}",
    "turn a fund into the bank": "UPDATE ledger_accounts SET kind = 'bank' WHERE id = {fund}",
    "delete an account": "DELETE FROM ledger_accounts WHERE id = {other_fund}",
    "a second account of the same key": "INSERT INTO ledger_accounts (key, book, kind, need_code, created_at) "
    "VALUES ('bank', 'cash', 'bank', NULL, '2017-12-06 00:00:00')",
    "the same uid again": insert(uid="'{gift_uid}'"),
    "overwrite an entry by its uid": insert(uid="'{gift_uid}'") + " ON CONFLICT (uid) DO UPDATE SET amount_fen = 1",
    "nothing": insert(amount_fen="0"),
    "less than nothing": insert(amount_fen="-100"),
    "more than can be": insert(amount_fen="100000000001"),
    "another currency": insert(currency="'USD'"),
    "both sides the same": insert(debit_id="{fund}"),
    "an account that is not there": insert(debit_id="999999"),
    "a kind that is not there": insert(kind="'loan'"),
    "a gift out of the fund": insert(debit_id="{fund}", credit_id="{bank}"),
    "a gift from fund to fund": insert(debit_id="{other_fund}", credit_id="{fund}", need_code="'{other_need}'"),
    "a gift into another need's fund": insert(need_code="'{other_need}'"),
    "a gift into the goods book": insert(credit_id="{given}"),
    "goods in the cash book": insert(kind="'goods'", value_basis="'invoice'"),
    "goods between cash accounts": insert(kind="'goods'", book="'goods'", value_basis="'invoice'"),
    "goods without a basis of value": insert(kind="'goods'", book="'goods'", debit_id="{handed}", credit_id="{given}"),
    "goods the wrong way": insert(
        kind="'goods'", book="'goods'", debit_id="{given}", credit_id="{handed}", value_basis="'invoice'"
    ),
    "money called goods book": insert(book="'goods'"),
    "spending without a voucher": insert(kind="'spending'", debit_id="{fund}", credit_id="{bank}"),
    "spending by a voucher nobody approved": insert(
        kind="'spending'", debit_id="{fund}", credit_id="{bank}", amount_fen="5000", voucher_code="'{draft}'"
    ),
    "spending by a voucher used already": insert(
        kind="'spending'", debit_id="{fund}", credit_id="{bank}", amount_fen="12000", voucher_code="'{voucher}'"
    ),
    "spending by a refused voucher": insert(
        kind="'spending'", debit_id="{fund}", credit_id="{bank}", amount_fen="3000", voucher_code="'{refused}'"
    ),
    "a gift that names a voucher": insert(voucher_code="'{voucher}'"),
    "a delivery in the books twice": insert(delivery_code="'{delivery}'"),
    "no pieces": insert(quantity="0"),
    "a reversal without a reason": mirror("{goods}", reason="''"),
    "a reversal of more": mirror("{goods}", amount_fen="20001"),
    "a reversal of less": mirror("{goods}", amount_fen="19999"),
    "a reversal the same way round": mirror("{goods}", debit_id="{handed}", credit_id="{given}"),
    "a reversal for another county": mirror("{goods}", county_code="'510722'"),
    "a reversal for another category": mirror("{goods}", category="'medical'"),
    "a reversal for another claim": mirror("{goods}", claim_code="'RLOTHER'"),
    "a reversal of another kind": mirror("{gift}", kind="'spending'", amount_fen="100"),
    "a reversal of nothing": mirror("{goods}", reverses_id="999999"),
    "a reversal of a reversal": mirror("{goods}", reverses_id="{reversal}"),
    "a second reversal": mirror("{goods}", reverses_id="{reversed}"),
    "a reversal of a gift that was spent": mirror("{gift}"),
    "approve a voucher alone": "UPDATE vouchers SET state = 'approved', checker_id = maker_id, transfer_uid = 'x' "
    "WHERE code = '{draft}'",
    "approve without a checker": "UPDATE vouchers SET state = 'approved', transfer_uid = 'x' WHERE code = '{draft}'",
    "raise a draft's amount": "UPDATE vouchers SET amount_fen = amount_fen + 1 WHERE code = '{draft}'",
    "change a draft's payee": "UPDATE vouchers SET payee_name = '我' WHERE code = '{draft}'",
    "change who wrote a draft": "UPDATE vouchers SET maker_id = maker_id + 1 WHERE code = '{draft}'",
    "raise an approved amount": "UPDATE vouchers SET amount_fen = amount_fen + 1 WHERE code = '{voucher}'",
    "reopen an approved voucher": "UPDATE vouchers SET state = 'drafted', checker_id = NULL, transfer_uid = NULL "
    "WHERE code = '{voucher}'",
    "reopen a refused voucher": "UPDATE vouchers SET state = 'drafted', checker_id = NULL WHERE code = '{refused}'",
    "delete a voucher": "DELETE FROM vouchers WHERE code = '{refused}'",
    "a voucher that begins approved": "INSERT INTO vouchers (code, need_code, county_code, need_category, state, "
    "payee_name, payee_kind, category, purpose, amount_fen, spent_on, document_id, maker_id, made_at, checker_id, "
    "checked_at, refusal, transfer_uid) SELECT 'PZ-2026-99999', need_code, county_code, need_category, state, "
    "payee_name, payee_kind, category, purpose, amount_fen, spent_on, document_id, maker_id, made_at, checker_id, "
    "checked_at, refusal, 'ZMATTACK11' FROM vouchers WHERE code = '{voucher}'",
    "change the reason of a wish": "UPDATE corrections SET reason = 'another reason'",
    "approve a wish alone": "UPDATE corrections SET state = 'approved', checker_id = maker_id",
    "delete a wish": "DELETE FROM corrections",
}

#: Ways of one database alone.
SQLITE: dict[str, str] = {
    "replace an entry by its id": insert(id="{gift}").replace("INSERT", "INSERT OR REPLACE", 1),
    "replace an entry by its uid": insert(uid="'{gift_uid}'").replace("INSERT", "REPLACE", 1),
    "replace an account": "INSERT OR REPLACE INTO ledger_accounts (id, key, book, kind, need_code, created_at) "
    "VALUES ({fund}, 'fund:XQ-2026-99999', 'cash', 'fund', 'XQ-2026-99999', '2017-12-06 00:00:00')",
    "replace a voucher": "INSERT OR REPLACE INTO vouchers SELECT * FROM vouchers WHERE code = '{draft}'",
    "replace a wish": "INSERT OR REPLACE INTO corrections SELECT * FROM corrections",
    "update or replace": "UPDATE OR REPLACE transfers SET uid = '{gift_uid}' WHERE id = {goods}",
    "ignore the refusal": insert(kind="'spending'", debit_id="{fund}", credit_id="{bank}").replace(
        "INSERT", "INSERT OR IGNORE", 1
    ),
    "half a fen": insert(amount_fen="100.5"),
    "an amount in words": insert(amount_fen="'hundred'"),
    "a day that is no day": insert(business_on="'2017-02-30'"),
    "a month that is no month": insert(business_on="'2017-13-01'"),
    "a day in words": insert(business_on="'yesterday'"),
    "a text too long": insert(donor_shown="'" + "x" * 121 + "'"),
    "no uid to speak of": insert(uid="''"),
}
POSTGRESQL: dict[str, str] = {
    "truncate the entries": "TRUNCATE transfers CASCADE",
    "truncate the accounts": "TRUNCATE ledger_accounts CASCADE",
    "truncate the vouchers": "TRUNCATE vouchers",
    "truncate the wishes": "TRUNCATE corrections",
    "update as a replica": "SET session_replication_role = replica; UPDATE transfers SET amount_fen = 1",
    "delete as a replica": "SET session_replication_role = replica; DELETE FROM transfers",
    "insert as a replica": "SET session_replication_role = replica; "
    + insert(kind="'spending'", debit_id="{fund}", credit_id="{bank}"),
    "decide as a replica": "SET session_replication_role = replica; "
    "UPDATE vouchers SET amount_fen = 1 WHERE code = '{voucher}'",
    "spend under repeatable read": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; " + insert(),
    "update inside a query": "WITH x AS (UPDATE transfers SET amount_fen = 1 RETURNING id) SELECT * FROM x",
    "update through MERGE": "MERGE INTO transfers t USING (SELECT 1) s ON t.id = {gift} "
    "WHEN MATCHED THEN UPDATE SET amount_fen = 1",
    "half a fen": insert(amount_fen="0.4"),
}

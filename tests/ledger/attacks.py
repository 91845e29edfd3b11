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


def out(kind: str, **changes: str) -> str:
    """An entry of money out of the third need's fund or advances, 1 yuan unless ``changes`` say otherwise."""
    sides = {
        "advance": ("{advances}", "{bank}"), "settled": ("{third_fund}", "{advances}"),
        "advance_back": ("{bank}", "{advances}"), "spending": ("{third_fund}", "{bank}"),
    }  # fmt: skip
    debit, credit = sides[kind]
    row = {"kind": f"'{kind}'", "debit_id": debit, "credit_id": credit, "need_code": "'{third}'", **changes}
    return insert(**row)


VOUCHER = (
    "kind advance_code need_code county_code need_category state payee_name payee_kind category purpose amount_fen "
    "spent_on document_id redacted_id payee_key payee_number invoice_number due_on maker_id made_at checker_id "
    "checked_at refusal transfer_uid"
)
BUDGET = "need_code county_code version state total_fen reason maker_id made_at checker_id checked_at refusal"


def copy_voucher(of: str, *, uid: str = "NULL", who: str = "NULL", **changes: str) -> str:
    """Another voucher like the one of this code, a draft unless ``changes`` say otherwise."""
    row = {name: name for name in VOUCHER.split()}
    row |= {"state": "'drafted'", "transfer_uid": uid, "checker_id": who, "refusal": "''", **changes}
    return (
        f"INSERT INTO vouchers (code, {', '.join(row)}) SELECT 'PZ-2026-99999', {', '.join(row.values())} "  # noqa: S608 - that is the test
        f"FROM vouchers WHERE code = '{of}'"
    )


def copy_budget(**changes: str) -> str:
    """Another budget like the draft."""
    row = {name: name for name in BUDGET.split()} | changes
    return (
        f"INSERT INTO budgets (code, {', '.join(row)}) SELECT 'YS-2026-99999', {', '.join(row.values())} "  # noqa: S608 - that is the test
        "FROM budgets WHERE id = {budget_draft}"
    )


def refund(**changes: str) -> str:
    """10 yuan go back to a donor, by a choice that its {officer} confirms now, unless ``changes`` say otherwise."""
    row = {"kind": "'refund'", "debit_id": "{third_fund}", "credit_id": "{bank}", "amount_fen": "1000",
           "need_code": "'{third}'", **changes}  # fmt: skip
    return insert(**row)


def end_choice(code: str = "{paid_out}", **changes: str) -> str:
    """A choice is done now."""
    moment = "'2017-12-06 00:00:00'"
    row = {"state": "'done'", "checker_id": "{officer}", "checked_at": moment, "ended_at": moment,
           "transfer_uid": "'ZMATTACK11'", **changes}  # fmt: skip
    return f"UPDATE choices SET {', '.join(f'{name} = {value}' for name, value in row.items())} WHERE code = '{code}'"  # noqa: S608


def moved(**changes: str) -> str:
    """10 yuan of the third need go to the pool."""
    return refund(**{"kind": "'moved'", "credit_id": "{pool}", **changes})


CHOICE = (
    "claim_code source_code need_code county_code category donor_id amount_fen occasion state opened_at due_on route "
    "to_need_code decided_at paid_on bank_reference payer_id paid_at checker_id checked_at ended_at note"
)


def copy_choice(of: str, **changes: str) -> str:
    row = {name: name for name in CHOICE.split()} | {"code": "'XZATTACK'", **changes}
    return f"INSERT INTO choices ({', '.join(row)}) SELECT {', '.join(row.values())} FROM choices WHERE code = '{of}'"  # noqa: S608


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
    "a voucher that begins approved": copy_voucher(
        "{voucher}", state="'approved'", uid="'ZMATTACK11'", who="checker_id"
    ),
    "an advance without a due day": copy_voucher("{draft}", kind="'advance'"),
    "own costs of the charity from a need": copy_voucher("{draft}", category="'management'"),
    "an advance out of the pool": copy_voucher("{draft}", kind="'advance'", due_on="'2018-01-01'", need_code="''"),
    "an invoice of no advance": copy_voucher("{draft}", kind="'settlement'"),
    "turn a draft into an advance": "UPDATE vouchers SET kind = 'advance', due_on = '2018-01-01' "
    "WHERE code = '{draft}'",
    "put off the day of an advance": "UPDATE vouchers SET due_on = '2099-01-01' WHERE code = '{advance_draft}'",
    "give an invoice to another advance": "UPDATE vouchers SET advance_code = '{advance2}' "
    "WHERE code = '{invoice_draft}'",
    "change an invoice number": "UPDATE vouchers SET invoice_number = 'X1' WHERE code = '{draft}'",
    "change a payee's number": "UPDATE vouchers SET payee_number = 'X1' WHERE code = '{draft}'",
    "change how a payee is compared": "UPDATE vouchers SET payee_key = 'x' WHERE code = '{draft}'",
    "swap the public copy": "UPDATE vouchers SET redacted_id = document_id WHERE code = '{draft}'",
    "withdraw an approved voucher": "UPDATE vouchers SET state = 'withdrawn', checker_id = NULL, transfer_uid = NULL "
    "WHERE code = '{voucher}'",
    "expire an approved voucher": "UPDATE vouchers SET state = 'expired', checker_id = NULL, transfer_uid = NULL "
    "WHERE code = '{voucher}'",
    "bring a withdrawn voucher back": "UPDATE vouchers SET state = 'drafted' WHERE code = '{withdrawn}'",
    "an advance without a voucher": out("advance"),
    "an advance by a payment's voucher": out("advance", amount_fen="12000", voucher_code="'{voucher}'"),
    "an advance by a voucher used already": out("advance", amount_fen="8000", voucher_code="'{advance}'"),
    "an advance that nobody approved": out("advance", amount_fen="1000", voucher_code="'{advance_draft}'"),
    "an advance out of the fund's account": out("advance", credit_id="{third_fund}"),
    "an advance for another need": out("advance", need_code="'{need}'", voucher_code="'{advance}'"),
    "an invoice without a voucher": out("settled"),
    "an invoice that nobody approved": out("settled", amount_fen="2000", voucher_code="'{invoice_draft}'"),
    "an invoice twice": out("settled", amount_fen="3000", voucher_code="'{invoice}'"),
    "an invoice paid from the bank": out("settled", credit_id="{bank}", amount_fen="3000", voucher_code="'{invoice}'"),
    "an invoice of another need": out("settled", debit_id="{fund}", need_code="'{need}'", voucher_code="'{invoice}'"),
    "more comes back than is open": out("advance_back", amount_fen="4001", voucher_code="'{advance}'"),
    "what another advance holds comes back": out("advance_back", amount_fen="2001", voucher_code="'{advance2}'"),
    "it comes back by no advance": out("advance_back"),
    "it comes back by a payment": out("advance_back", voucher_code="'{voucher}'"),
    "it comes back by an invoice": out("advance_back", voucher_code="'{invoice}'"),
    "it comes back into the fund": out("advance_back", debit_id="{third_fund}", voucher_code="'{advance}'"),
    "nothing is handed out in the end": out(
        "advance",
        debit_id="{bank}",
        credit_id="{advances}",
        amount_fen="8000",
        voucher_code="'{advance}'",
        reverses_id="{advance_entry}",
        reason="'attack'",
    ),
    "money of the pool without a voucher": out("spending", debit_id="{pool}", need_code="''"),
    "money of the pool by a need's voucher": out(
        "spending", debit_id="{pool}", need_code="''", amount_fen="5000", voucher_code="'{draft}'"
    ),
    "money of the pool for a need": out("spending", debit_id="{pool}", need_code="'{need}'", voucher_code="'{draft}'"),
    "money of a need by the pool's voucher": out(
        "spending", debit_id="{fund}", need_code="'{need}'", amount_fen="400", voucher_code="'{pool_draft}'"
    ),
    "a gift to the pool for a need": insert(credit_id="{pool}"),
    "a gift to the fund for nobody": insert(need_code="''"),
    "beyond the budget": "UPDATE vouchers SET state = 'approved', checker_id = {second}, transfer_uid = 'ZMATTACK11' "  # noqa: S608 - that is the test
    "WHERE code = '{beyond}'; " + out("spending", amount_fen="100", voucher_code="'{beyond}'"),
    "raise a line of a budget": "UPDATE budget_lines SET amount_fen = amount_fen + 1",
    "delete a line of a budget": "DELETE FROM budget_lines WHERE budget_id = {budget}",
    "a line for an approved budget": "INSERT INTO budget_lines (budget_id, category, amount_fen) "
    "VALUES ({budget}, 'grant', 100)",
    "give a line to another budget": "UPDATE budget_lines SET budget_id = {budget}",
    "raise an approved budget": "UPDATE budgets SET total_fen = total_fen + 1 WHERE id = {budget}",
    "reopen an approved budget": "UPDATE budgets SET state = 'drafted', checker_id = NULL WHERE id = {budget}",
    "withdraw an approved budget": "UPDATE budgets SET state = 'withdrawn', checker_id = NULL WHERE id = {budget}",
    "give a budget to another need": "UPDATE budgets SET need_code = '{need}' WHERE id = {budget}",
    "delete a budget": "DELETE FROM budgets WHERE id = {budget}",
    "approve a budget alone": "UPDATE budgets SET state = 'approved', checker_id = maker_id WHERE id = {budget_draft}",
    "approve a budget without a checker": "UPDATE budgets SET state = 'approved' WHERE id = {budget_draft}",
    "raise a drafted budget": "UPDATE budgets SET total_fen = total_fen + 1 WHERE id = {budget_draft}",
    "approve a budget with a line more": "INSERT INTO budget_lines (budget_id, category, amount_fen) "
    "VALUES ({budget_draft}, 'grant', 100); "
    "UPDATE budgets SET state = 'approved', checker_id = {second} WHERE id = {budget_draft}",
    "a second draft of one fund": copy_budget(version="version + 7", reason="'attack'"),
    "a change without a reason": copy_budget(need_code="'{other_need}'", version="2", reason="''"),
    "a budget that begins approved": copy_budget(need_code="'{other_need}'", state="'approved'", checker_id="{second}"),
    "change an answer to a warning": "UPDATE voucher_flags SET answer = 'nothing'",
    "delete a warning": "DELETE FROM voucher_flags",
    "a warning without an answer": "INSERT INTO voucher_flags (voucher_id, kind, about, answer, noted_at) "
    "SELECT voucher_id, kind, about, '', noted_at FROM voucher_flags",
    "change what the bank said": "UPDATE advance_returns SET bank_reference = 'other'",
    "forget what came back": "DELETE FROM advance_returns",
    "one return for two entries": "INSERT INTO advance_returns (voucher_id, transfer_uid, bank_reference, recorded_by, "
    "recorded_at) SELECT voucher_id, transfer_uid, 'again', recorded_by, recorded_at FROM advance_returns",
    "a refund that nobody chose": refund(),
    "a refund that nobody has confirmed": refund(uid="'{paid_out_uid}'"),
    "a refund by a choice used already": refund(amount_fen="900"),
    "a refund of more than was chosen": end_choice() + "; " + refund(amount_fen="1001"),
    "a refund of less than was chosen": end_choice() + "; " + refund(amount_fen="999"),
    "a refund of another need's money": end_choice() + "; " + refund(debit_id="{fund}", need_code="'{need}'"),
    "a refund for another claim": end_choice() + "; " + refund(claim_code="'RLOTHER'"),
    "a refund called a move": end_choice() + "; " + moved(),
    "a refund by one person": end_choice(checker_id="payer_id") + "; " + refund(),
    "a refund by its donor": "UPDATE choices SET donor_id = {officer} WHERE code = '{paid_out}'; "  # noqa: S608 - that is the test
    + end_choice(),
    "a refund that nobody sent": end_choice("{chosen}") + "; " + refund(),
    "a refund to another movement": end_choice(bank_reference="'OTHER'") + "; " + refund(),
    "a refund by another payer": end_choice(payer_id="{third_officer}") + "; " + refund(),
    "a move that nobody chose": moved(),
    "a move by a refund's choice": end_choice() + "; " + moved(uid="'ZMATTACK11'"),
    "a move elsewhere than was chosen": end_choice(
        "{open_choice}",
        route="'need'",
        to_need_code="'{need}'",
        decided_at="opened_at",
        checker_id="NULL",
        checked_at="NULL",
    )
    + "; "
    + moved(),
    "money out of the pool for a need": moved(
        debit_id="{pool}", credit_id="{fund}", need_code="''", to_need_code="'{need}'"
    ),
    "unmatched money sent back by nobody": insert(
        kind="'sent_back'", debit_id="{suspense}", credit_id="{bank}", need_code="''", source_code="'ZDTEST1'"
    ),
    "unmatched money sent back as another line": end_choice()
    + "; "
    + insert(
        kind="'sent_back'",
        debit_id="{suspense}",
        credit_id="{bank}",
        need_code="''",
        source_code="'ZDTEST1'",
        amount_fen="1000",
    ),
    "raise what a donor may choose about": "UPDATE choices SET amount_fen = amount_fen + 1 "
    "WHERE code = '{open_choice}'",
    "lessen what a donor has chosen": "UPDATE choices SET amount_fen = amount_fen - 1 WHERE code = '{chosen}'",
    "give a choice to another donor": "UPDATE choices SET donor_id = {officer} WHERE code = '{open_choice}'",
    "give a choice to another fund": "UPDATE choices SET need_code = '{need}' WHERE code = '{open_choice}'",
    "let a refund lapse": "UPDATE choices SET state = 'lapsed', route = NULL, decided_at = NULL, payer_id = NULL, "
    "bank_reference = NULL, paid_on = NULL, ended_at = opened_at WHERE code = '{paid_out}'",
    "reopen what is done": "UPDATE choices SET state = 'chosen', ended_at = NULL, transfer_uid = NULL "
    "WHERE transfer_uid = '{done_uid}'",
    "say another entry did it": "UPDATE choices SET transfer_uid = 'ZMATTACK11' WHERE transfer_uid = '{done_uid}'",
    "change who confirmed": "UPDATE choices SET checker_id = {third_officer} WHERE transfer_uid = '{done_uid}'",
    "a choice that begins done": copy_choice(
        "{paid_out}",
        state="'done'",
        checker_id="{officer}",
        checked_at="paid_at",
        ended_at="paid_at",
        transfer_uid="'ZMATTACK11'",
        bank_reference="'OTHER'",
    ),
    "a choice that begins chosen": copy_choice("{chosen}"),
    "delete a choice": "DELETE FROM choices WHERE code = '{chosen}'",
    "a voucher without a public copy": copy_voucher("{draft}", redacted_id="NULL"),
    "a voucher whose copy is its paper": copy_voucher("{draft}", redacted_id="document_id"),
    "a voucher whose paper is a photo": copy_voucher("{draft}", document_id="redacted_id"),
    "take the public copy away": "UPDATE vouchers SET redacted_id = NULL WHERE code = '{draft}'",
    "show a private paper": "UPDATE uploads SET is_public = TRUE "
    "WHERE id = (SELECT document_id FROM vouchers WHERE code = '{draft}')",
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
    "replace a budget": "INSERT OR REPLACE INTO budgets SELECT * FROM budgets WHERE id = {budget}",
    "replace a budget by its version": copy_budget(version="1").replace("INSERT", "INSERT OR REPLACE", 1),
    "replace a line of a budget": "INSERT OR REPLACE INTO budget_lines SELECT * FROM budget_lines",
    "replace a line by its category": "INSERT OR REPLACE INTO budget_lines (budget_id, category, amount_fen) "
    "VALUES ({budget_draft}, 'works', 100)",
    "replace a warning": "INSERT OR REPLACE INTO voucher_flags SELECT * FROM voucher_flags",
    "replace what came back": "INSERT OR REPLACE INTO advance_returns SELECT * FROM advance_returns",
    "replace a choice": "INSERT OR REPLACE INTO choices SELECT * FROM choices WHERE code = '{open_choice}'",
    "ignore what was chosen": "UPDATE OR IGNORE choices SET amount_fen = 1 WHERE code = '{chosen}'",
    "ignore that nobody chose": refund().replace("INSERT", "INSERT OR IGNORE", 1),
    "ignore the budget": "UPDATE OR IGNORE budgets SET total_fen = 1 WHERE id = {budget}",
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
    "truncate the vouchers": "TRUNCATE vouchers CASCADE",
    "truncate the wishes": "TRUNCATE corrections",
    "truncate the budgets": "TRUNCATE budgets CASCADE",
    "truncate the lines": "TRUNCATE budget_lines",
    "truncate the warnings": "TRUNCATE voucher_flags",
    "truncate what came back": "TRUNCATE advance_returns",
    "truncate the choices": "TRUNCATE choices",
    "pay back as a replica": "SET session_replication_role = replica; " + refund(),
    "reopen a choice as a replica": "SET session_replication_role = replica; "
    "UPDATE choices SET amount_fen = 1 WHERE code = '{chosen}'",
    "raise a budget as a replica": "SET session_replication_role = replica; UPDATE budget_lines SET amount_fen = 9",
    "reopen a budget as a replica": "SET session_replication_role = replica; "
    "UPDATE budgets SET state = 'drafted', checker_id = NULL WHERE id = {budget}",
    "hand out as a replica": "SET session_replication_role = replica; " + out("advance"),
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

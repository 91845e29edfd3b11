"""The only writers of the books, one module per kind of act."""

from sun_commune.ledger.posting import new_uid
from sun_commune.ledger.queries import fund_available, fund_balance
from sun_commune.ledger.services.advances import (
    draft_advance,
    draft_settlement,
    remind_advances,
    return_advance,
)
from sun_commune.ledger.services.budgets import approve_budget, draft_budget, refuse_budget, withdraw_budget
from sun_commune.ledger.services.closing import close_due_periods, close_periods, next_to_close
from sun_commune.ledger.services.corrections import (
    approve_correction,
    ask_correction,
    refuse_correction,
    reverse_transfer,
)
from sun_commune.ledger.services.gifts import post_gift, post_goods
from sun_commune.ledger.services.moving import move_money, post_matched, post_unmatched, refund, send_back
from sun_commune.ledger.services.parcels import name_parcel
from sun_commune.ledger.services.rules import check_reason, require_sound_books
from sun_commune.ledger.services.selfchecks import store_selfcheck
from sun_commune.ledger.services.vouchers import (
    approve_voucher,
    draft_voucher,
    expire_vouchers,
    refuse_voucher,
    withdraw_voucher,
)

__all__ = [
    "approve_budget", "approve_correction", "approve_voucher", "ask_correction", "check_reason", "close_due_periods",
    "close_periods", "draft_advance", "draft_budget", "draft_settlement", "draft_voucher", "expire_vouchers",
    "fund_available", "fund_balance", "move_money", "name_parcel", "new_uid", "next_to_close", "post_gift",
    "post_goods", "post_matched", "post_unmatched", "refund", "refuse_budget", "refuse_correction", "refuse_voucher",
    "remind_advances", "require_sound_books", "return_advance", "reverse_transfer", "send_back", "store_selfcheck",
    "withdraw_budget", "withdraw_voucher",
]  # fmt: skip

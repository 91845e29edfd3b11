"""What the database itself refuses of money that is to go back to its sender: it is asked for, then decided once."""

from __future__ import annotations

from sun_commune.core.db import table_of
from sun_commune.ledger.paper_guards import Paper, guard_paper
from sun_commune.statements.models import StatementReturn

RETURN = Paper(
    "code line_id amount_fen reason maker_id made_at",
    maybe=(("taken_by_id", "0"),),
    keys=" OR code = NEW.code OR transfer_uid = NEW.transfer_uid OR (line_id = NEW.line_id AND state = 'drafted')",
)

guard_paper(table_of(StatementReturn), RETURN)

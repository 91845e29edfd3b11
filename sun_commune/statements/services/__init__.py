"""The only writers of statements. docs/statements.md tells how a file and a line live.

``move_suspense`` and ``return_suspense`` are for other features that have let somebody decide (a donor's choice).
"""

from sun_commune.statements.services.files import (
    PreparedStatement,
    choose_columns,
    drop_statement,
    open_statement,
    prepare_statement,
    store_statement,
)
from sun_commune.statements.services.following import follow_reversal
from sun_commune.statements.services.forgetting import forget_payers, reseal_file, reseal_lines
from sun_commune.statements.services.noticed import Notice, hold_noticed
from sun_commune.statements.services.posting import plan_run, post_next, post_statement
from sun_commune.statements.services.returns import approve_return, ask_return, refuse_return
from sun_commune.statements.services.suspense import (
    lock_line_of,
    move_suspense,
    place_in_pool,
    place_on_claim,
    return_suspense,
)
from sun_commune.statements.services.tying import explain_outgoing, follow_return, tie_incoming, tie_outgoing

__all__ = [
    "Notice", "PreparedStatement", "approve_return", "ask_return", "choose_columns", "drop_statement",
    "explain_outgoing", "follow_return", "follow_reversal", "forget_payers", "hold_noticed", "lock_line_of",
    "move_suspense", "open_statement", "place_in_pool", "place_on_claim", "plan_run", "post_next", "post_statement",
    "prepare_statement", "refuse_return", "reseal_file", "reseal_lines", "return_suspense", "store_statement",
    "tie_incoming", "tie_outgoing",
]  # fmt: skip

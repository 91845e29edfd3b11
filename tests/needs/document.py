"""Writes docs/states.md from needs.states.MOVES: ``python -m tests.needs.document``."""

from __future__ import annotations

from pathlib import Path

from sun_commune.needs.states import MOVES, NeedState

HEAD = """# States of a need

A need moves by an act of one side, or by progress: what its lines have claimed and delivered. The table is the same
as `needs.states.MOVES`, which the code obeys; a test compares the two and tries every act by every side in every state.

States: {states}.

Progress, from the lines of a need that is in public: nothing claimed - published; something - partly_claimed;
everything - claimed; something delivered - partly_fulfilled; everything delivered - fulfilled. Resuming a paused need
leads to the state that its lines say.

Reasons have 5 to 100 characters; the village reads them, the public does not. Author, township reviewer and publisher
are three different people. Every move stands on the need's timeline (`need_changes`, append-only) with who did it,
when, from which state to which, and why.

"""


def table_of_moves() -> str:
    """One row per move."""
    rows = ["| Act | By | From | To | Reason |", "|---|---|---|---|---|"]
    for move in MOVES:
        sources = ", ".join(state.value for state in NeedState if state in move.sources)
        target = move.target.value if move.target else "what the lines say"
        reason = "yes" if move.needs_reason else ""
        rows.append(f"| {move.act.value} | {move.side.value} | {sources} | {target} | {reason} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    path = Path(__file__).parents[2] / "docs" / "states.md"
    path.write_text(HEAD.format(states=", ".join(NeedState)) + table_of_moves(), encoding="utf-8")

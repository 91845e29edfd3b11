"""One go at posting a statement: a file is posted in batches, each in a transaction of its own.

A run lives in memory and is thrown away when anything fails: what is done stands in the database alone. A line that is
there is done, whoever brought it, so another run finds where this one was left.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from sun_commune.accounts.models import User
from sun_commune.statements import planning, queries
from sun_commune.statements.lines import Reading
from sun_commune.statements.models import Fate, StatementFile
from sun_commune.statements.planning import Candidate, Plan

#: Lines in one transaction, for which other writers wait.
BATCH = 50


class Run:
    """The lines of a file that are to be posted, in its order. ``plan`` is the dry run of all of it, ``todo`` the
    places of the lines that no transaction has looked at yet, ``wrong_count`` the rows that stay out."""

    def __init__(self, actor: User, file: StatementFile, reading: Reading) -> None:
        account = queries.get_account(file.account_id)
        self.lines = reading.lines
        self.bases = [planning.base_of(account, line) for line in self.lines]
        self.alike: dict[str, list[int]] = defaultdict(list)
        for place, base in enumerate(self.bases):
            self.alike[base].append(place)
        self.plan = planning.make_plan(actor, account, self.lines, reading.wrong)
        self.plan.notes_count = reading.notes_count
        self.todo = [place for place, each in enumerate(self.plan.planned) if each.is_to_post]
        self.wrong_count = self.plan.count(Fate.WRONG)
        self.posted: Counter[Fate] = Counter()

    @property
    def batch(self) -> list[int]:
        """Places of the lines that the next transaction posts."""
        return self.todo[:BATCH]

    def plan_batch(self, actor: User, file: StatementFile) -> Plan:
        """The fates of the next batch as things stand now, asked under the locks of whoever posts it."""
        batch = set(self.batch)
        kin = sorted({place for here in batch for place in self.alike[self.bases[here]]})
        candidates = [Candidate(self.lines[place], self.bases[place], place in batch) for place in kin]
        return planning.decide(actor, queries.get_account(file.account_id), candidates)

    def has_changed(self, plan: Plan) -> bool:
        """Something of the batch would go elsewhere than was shown. A line that another run has posted meanwhile is no
        change: it is where it belongs."""
        shown: Sequence[planning.Planned] = [self.plan.planned[place] for place in self.batch]
        pairs = zip(shown, plan.planned, strict=True)
        return any(now.fate is not Fate.KNOWN and now.said != before.said for before, now in pairs)

    def tick_off(self, plan: Plan) -> None:
        """The batch is posted."""
        self.posted.update(each.fate for each in plan.to_post)
        self.todo = self.todo[BATCH:]

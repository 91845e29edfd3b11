"""Keeping the outcome of a self-check."""

from __future__ import annotations

from collections.abc import Sequence

from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.events import announce
from sun_commune.core.selfcheck import Finding
from sun_commune.ledger.events import SelfcheckFinished
from sun_commune.ledger.models import SelfcheckRun


def store_selfcheck(findings: Sequence[Finding], *, checks_count: int) -> SelfcheckRun:
    """Keep the outcome of one run; the public ledger page and require_sound_books read the newest one."""
    run = SelfcheckRun(ran_at=now(), checks_count=checks_count, failures="\n".join(map(str, findings))[:4000])
    db.session.add(run)
    db.session.flush()
    outcome = "failed" if findings else "passed"
    names = ", ".join(run.failed_names)
    announce(SelfcheckFinished(actor_id=None, object_code="selfcheck", to_state=outcome, reason=names))
    return run

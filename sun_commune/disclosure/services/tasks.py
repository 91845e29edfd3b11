"""Tasks: opened by the calendar or by a large transaction, reminded of, called overdue, lifted."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from sun_commune import config
from sun_commune.core.clock import local, now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db, is_sqlite, rows_changed
from sun_commune.core.events import announce
from sun_commune.disclosure import calendar, figures, queries
from sun_commune.disclosure.calendar import Duty
from sun_commune.disclosure.events import TaskEvent, TaskLifted, TaskOpened, TaskOverdue, TaskReminded
from sun_commune.disclosure.models import Campaign, Task, TaskKind, TaskState
from sun_commune.ledger.models import Transfer, TransferKind

SERIES = "PL"
FEN = 100
#: Kinds of entries that can be a major transaction: money that comes, goes, or changes its purpose.
MAJOR_KINDS = (
    TransferKind.GIFT, TransferKind.MATCHED, TransferKind.SPENDING, TransferKind.ADVANCE, TransferKind.REFUND,
    TransferKind.MOVED,
)  # fmt: skip


def open_tasks(campaign_id: int) -> int:
    """Open what the calendar asks for by now and is not open yet; what fell due by the day on which the campaign was
    entered is left out. Safe to repeat, and by several schedulers at once. Returns how many are new."""
    statement = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    campaign = db.session.execute(statement, execution_options={"populate_existing": True}).scalar_one()
    since = local(campaign.created_at).date()
    opened = queries.opened_of(campaign.id)
    lead_days = config.current().disclosure_lead_days
    done = 0
    for duty in calendar.duties_of(campaign, today=today(), lead_days=lead_days):
        if (duty.kind, duty.period) in opened or duty.due_on <= since:
            continue
        if duty.kind is TaskKind.LEFTOVERS and figures.left_over(campaign) <= 0:
            continue
        done += _open(campaign, duty, actor_id=None)
    return done


def _open(campaign: Campaign, duty: Duty, *, actor_id: int | None) -> int:
    """0 if the same task is there already: campaign, kind and period are its key."""
    session = db.session()
    insert = insert_sqlite if is_sqlite(session) else insert_pg
    year = today().year
    row = {
        "code": yearly_code(SERIES, year, next_number(f"{SERIES}-{year}")), "campaign_id": campaign.id,
        "kind": duty.kind, "period": duty.period, "begins_on": duty.begins_on, "ends_on": duty.ends_on,
        "due_on": duty.due_on, "state": TaskState.OPEN, "lifted_reason": "", "opened_at": now(),
    }  # fmt: skip
    key = ["campaign_id", "kind", "period"]
    if rows_changed(session, insert(Task).values(row).on_conflict_do_nothing(index_elements=key)) == 0:
        return 0
    task = db.session.execute(select(Task).where(Task.code == row["code"])).scalar_one()
    _tell(TaskOpened, task, actor_id=actor_id)
    return 1


def open_major_task(transfer_id: int, *, actor_id: int | None) -> int:
    """A transaction of SUN_MAJOR_TRANSACTION_YUAN or more is told apart within 30 days, once the calendar runs."""
    transfer = db.session.get_one(Transfer, transfer_id)
    least_fen = config.current().major_transaction_yuan * FEN
    if transfer.kind not in MAJOR_KINDS or transfer.reverses_id is not None or transfer.amount_fen < least_fen:
        return 0
    campaign = queries.platform_campaign()
    if campaign is None:
        return 0
    return _open(campaign, calendar.major(transfer.uid, transfer.business_on), actor_id=actor_id)


def lift_major_task(uid: str, *, actor_id: int | None) -> None:
    """The entry was taken back before anything was published about it: the reversal itself is public."""
    statement = select(Task).where(
        Task.kind == TaskKind.MAJOR, Task.period == uid, Task.state == TaskState.OPEN
    )  # fmt: skip
    for task in db.session.execute(statement).scalars():
        lift(task, "taken_back", actor_id=actor_id)


def lift(task: Task, reason: str, *, actor_id: int | None) -> None:
    """``reason`` is a key of labels.LIFTED."""
    task.state, task.lifted_reason = TaskState.LIFTED, reason
    db.session.flush()
    _tell(TaskLifted, task, actor_id=actor_id, reason=reason)


def remind(task_id: int) -> bool:
    """Tell the offices that the last day is near; once, however many schedulers there are."""
    return _mark(task_id, "reminded_at", TaskReminded)


def call_overdue(task_id: int) -> bool:
    """Tell the offices that the last day has passed; the public page shows it without being told."""
    return _mark(task_id, "overdue_told_at", TaskOverdue)


def _mark(task_id: int, column: str, kind: type[TaskEvent]) -> bool:
    unmarked = (Task.id == task_id, getattr(Task, column).is_(None), Task.state == TaskState.OPEN)
    if rows_changed(db.session(), update(Task).where(*unmarked).values({column: now()})) == 0:
        return False
    _tell(kind, db.session.get_one(Task, task_id, populate_existing=True), actor_id=None)
    return True


def _tell(kind: type[TaskEvent], task: Task, *, actor_id: int | None, reason: str = "") -> None:
    announce(
        kind(
            actor_id=actor_id, object_code=task.code, task_id=task.id, to_state=task.state.value,
            reason=reason or task.due_on.isoformat(),
        )
    )  # fmt: skip

"""``/treasury/periods``: the months that are closed, and the one that a treasurer may close before its day."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms import HiddenField

from sun_commune import config
from sun_commune.accounts import sessions
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import SunError
from sun_commune.core.forms import BaseForm
from sun_commune.ledger import closing, figures, policies, services
from sun_commune.ledger.views import blueprint, status_of


class PeriodForm(BaseForm):
    """The month as the page showed it: a page left open never closes another one."""

    period = HiddenField()


@blueprint.get("/periods")
@access.roles(*policies.READERS)
def list_periods() -> str:
    return _show_periods(PeriodForm(period=services.next_to_close()))


def _show_periods(form: PeriodForm) -> str:
    period = services.next_to_close()
    return render_template(
        "ledger/list_periods.html",
        form=form,
        period=period,
        totals=figures.totals(until=period) if period else None,
        closed=[(row, closing.read_figures(row)) for row in closing.closed_periods()],
        days=config.current().close_after_days,
        may_close=policies.can_close_periods(sessions.actor()),
    )


@blueprint.post("/periods/close")
@access.roles(*policies.CLOSERS)
def close_periods() -> Any:
    form = PeriodForm()
    try:
        with transaction():
            closed = services.close_periods(sessions.actor(), until=form.period.data or "")
    except SunError as error:
        form.take_error(error)
        return _show_periods(form), status_of(error)
    if closed:
        flash(ngettext("One month is closed.", "%(num)d months are closed.", len(closed)), "success")
    else:
        flash(_("This month was closed already."), "success")
    return redirect(url_for("ledger.list_periods"), 303)

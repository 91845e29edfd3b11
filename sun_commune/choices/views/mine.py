"""A donor's own choices."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from sun_commune import config
from sun_commune.accounts import sessions
from sun_commune.accounts.models import User
from sun_commune.choices import policies, queries, services, targets
from sun_commune.choices.forms import ChoiceForm
from sun_commune.choices.models import Choice, Route
from sun_commune.choices.views.doors import blueprint, default_words, do_once, status_of
from sun_commune.core import access
from sun_commune.core.db import db
from sun_commune.core.errors import Missing, SunError
from sun_commune.needs.states import PUBLIC


@blueprint.get("/my/choices")
@access.signed_in
def list_my_choices() -> str:
    """What waits for the reader's choice first, then what was decided."""
    page = queries.own_choices(current_user.id, after=request.args.get("after", "")[:20])
    return render_template(
        "choices/list_my_choices.html",
        page=page,
        titles=queries.titles_of(page.rows),
        days=config.current().choice_days,
        default_words=default_words(),
    )


@blueprint.route("/my/choices/<code>", methods=["GET", "POST"])
@access.signed_in
def choose(code: str) -> Any:
    """The money, why there is something to choose, and the form; once decided, what became of it."""
    choice = queries.find_choice(code)
    access.require(policies.can_see_choice(current_user, choice))
    user = sessions.actor()
    offered = targets.offered(choice, user) if policies.can_choose(user, choice) else []
    form = ChoiceForm(offered)
    if request.method == "GET":
        form.amount_fen.data = choice.amount_fen
        return _show(choice, form, offered), 200
    if not form.validate():
        return _show(choice, form, offered), 422
    try:
        return _act(choice, form)
    except Missing:
        raise
    except SunError as error:
        db.session.rollback()
        form.take_error(error)
        return _show(queries.find_choice(code), form, offered), status_of(error)


def _act(choice: Choice, form: ChoiceForm) -> Any:
    route = Route(form.route.data)

    def act(actor: User) -> str:
        services.choose(actor, choice, route=route, to_need_code=form.chosen_need, amount_fen=int(form.amount_fen.data))
        return url_for("choices.choose", code=choice.code)

    answer = do_once(form, act)
    done = {
        Route.REFUND: _("Chosen. A treasurer sends it back the way it came, and you are told."),
        Route.NEED: _("Done. It lies in the fund of that need now."),
        Route.POOL: _("Done. It lies in the general pool now."),
    }
    flash(done[route], "success")
    return answer


def _show(choice: Choice, form: ChoiceForm, offered: list[targets.Target]) -> str:
    codes = [choice.need_code, choice.to_need_code]
    return render_template(
        "choices/choose.html",
        choice=choice,
        form=form,
        offered=offered,
        titles=queries.titles_of([choice]),
        public_codes=queries.public_need_codes(codes, PUBLIC),
        default_words=default_words(),
    )

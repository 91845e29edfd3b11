"""Who may open which page. Every view declares its rule; a view without one is refused (and a test fails).

    @blueprint.get("/needs/<code>/edit")
    @access.roles(Role.FIRST_SECRETARY, Role.INFORMATION_OFFICER)
    def edit_need(code): ...

The rule of the route is checked before the view; what depends on the object is checked in the view with
``require(policies.can_edit_need(current_user, need))``, which answers 404 so that nobody learns what exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask_login import current_user

from sun_commune.core.errors import Missing, NotAllowed

View = TypeVar("View", bound=Callable[..., Any])
UNRULED_ENDPOINTS = frozenset({"static"})


@dataclass(frozen=True)
class Rule:
    """``kind``: public, signed_in or roles (any one of ``roles`` held now)."""

    kind: str
    roles: tuple[StrEnum, ...] = ()


def _mark(rule: Rule) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access_rule = rule  # type: ignore[attr-defined]  # the mark that check_rule reads
        return view

    return mark


public = _mark(Rule("public"))
signed_in = _mark(Rule("signed_in"))


def roles(*wanted: StrEnum) -> Callable[[View], View]:
    return _mark(Rule("roles", wanted))


def rule_of(endpoint: str | None) -> Rule | None:
    view = current_app.view_functions.get(endpoint or "")
    return getattr(view, "access_rule", None)


def check_rule() -> Any:
    """Before each request: deny what no rule allows."""
    if request.endpoint is None or request.endpoint in UNRULED_ENDPOINTS:
        return None
    rule = rule_of(request.endpoint)
    if rule is None:
        raise NotAllowed
    if rule.kind == "public":
        return None
    if not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]  # set by Flask-Login
    if rule.kind == "roles" and not current_user.has_role(*rule.roles):
        raise NotAllowed
    return None


def require(allowed: bool) -> None:
    """Object rule: 404 for who may not know of the object."""
    if not allowed:
        raise Missing


def init_app(app: Flask) -> None:
    app.before_request(check_rule)

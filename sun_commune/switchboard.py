"""The roof: everything the house does, on one page - blueprints, event -> listeners, jobs, commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from click import Command
from flask import Blueprint, Flask
from flask.cli import AppGroup

from sun_commune import cli
from sun_commune.accounts import cli as accounts_cli
from sun_commune.accounts import jobs as accounts_jobs
from sun_commune.accounts import labels as accounts_labels
from sun_commune.accounts import models as accounts_models
from sun_commune.accounts import resume, second_step, sessions
from sun_commune.accounts import views as accounts
from sun_commune.accounts.events import UserClosed
from sun_commune.audit import listeners as audit
from sun_commune.audit import models as audit_models
from sun_commune.backoffice import (  # noqa: F401 - their views are the back office's
    acts_views,
    desk_views,
    erasure_views,
)
from sun_commune.backoffice import blueprint as backoffice
from sun_commune.backoffice import jobs as backoffice_jobs
from sun_commune.backoffice import labels as backoffice_labels
from sun_commune.choices import checks as choices_checks
from sun_commune.choices import guards as choices_guards
from sun_commune.choices import jobs as choices_jobs
from sun_commune.choices import labels as choices_labels
from sun_commune.choices import listeners as choices_listeners
from sun_commune.choices import models as choices_models
from sun_commune.choices import queries as choices_queries
from sun_commune.choices import views as choices_views
from sun_commune.core import events, sealing, selfcheck
from sun_commune.core.events import Event
from sun_commune.core.jobs import Job
from sun_commune.core.selfcheck import Check
from sun_commune.deliveries import checks as deliveries_checks
from sun_commune.deliveries import guards as deliveries_guards
from sun_commune.deliveries import jobs as deliveries_jobs
from sun_commune.deliveries import labels as deliveries_labels
from sun_commune.deliveries import listeners as deliveries_listeners
from sun_commune.deliveries import models as deliveries_models
from sun_commune.deliveries import parcels as deliveries_parcels
from sun_commune.deliveries import policies as deliveries_policies
from sun_commune.deliveries import statement_lines as deliveries_statement_lines
from sun_commune.deliveries import views as deliveries_views
from sun_commune.demo import cli as demo_cli
from sun_commune.demo import signing as demo_signing
from sun_commune.disclosure import checks as disclosure_checks
from sun_commune.disclosure import jobs as disclosure_jobs
from sun_commune.disclosure import labels as disclosure_labels
from sun_commune.disclosure import listeners as disclosure_listeners
from sun_commune.disclosure import models as disclosure_models
from sun_commune.disclosure import views as disclosure_views
from sun_commune.households import cli as households_cli
from sun_commune.households import labels as households_labels
from sun_commune.households import models as households_models
from sun_commune.households import views as households_views
from sun_commune.households.events import ConsentGiven, ConsentWithdrawn, HouseholdErased
from sun_commune.lanes import labels as lanes_labels
from sun_commune.lanes import models as lanes_models
from sun_commune.lanes import views as lanes_views
from sun_commune.ledger import checks as ledger_checks
from sun_commune.ledger import cli as ledger_cli
from sun_commune.ledger import guards as ledger_guards
from sun_commune.ledger import jobs as ledger_jobs
from sun_commune.ledger import labels as ledger_labels
from sun_commune.ledger import models as ledger_models
from sun_commune.ledger import neighbours as ledger_neighbours
from sun_commune.ledger import papers as ledger_papers
from sun_commune.ledger import period_views as _period_views  # noqa: F401 - its views are the treasury's
from sun_commune.ledger import readers as ledger_readers
from sun_commune.ledger import views as treasury_views
from sun_commune.ledger.events import (
    AdvanceReturned,
    PeriodClosed,
    TransferEvent,
    TransferPosted,
    TransferReversed,
    VoucherDrafted,
    VoucherExpired,
    VoucherRefused,
    VoucherWithdrawn,
)
from sun_commune.needs import checks as needs_checks
from sun_commune.needs import jobs as needs_jobs
from sun_commune.needs import labels as needs_labels
from sun_commune.needs import listeners as needs_listeners
from sun_commune.needs import models as needs_models
from sun_commune.needs import people as needs_people
from sun_commune.needs import readers as needs_readers
from sun_commune.needs import search  # noqa: F401 - its table is made with the others
from sun_commune.needs import views as needs_views
from sun_commune.needs.events import (
    NeedClosed,
    NeedErased,
    NeedEvent,
    NeedExpired,
    NeedPaused,
    NeedResumed,
    NeedWithdrawn,
)
from sun_commune.notifications import jobs as notifications_jobs
from sun_commune.notifications import labels as notifications_labels
from sun_commune.notifications import listeners as notifications_listeners
from sun_commune.notifications import models as notifications_models
from sun_commune.notifications import views as notifications_views
from sun_commune.payments import checks as payments_checks
from sun_commune.payments import gateways as payments_gateways
from sun_commune.payments import jobs as payments_jobs
from sun_commune.payments import labels as payments_labels
from sun_commune.payments import models as payments_models
from sun_commune.payments import views as payments_views
from sun_commune.places import cli as places_cli
from sun_commune.places import labels as places_labels
from sun_commune.places import models as places_models
from sun_commune.pledges import checks as pledges_checks
from sun_commune.pledges import jobs as pledges_jobs
from sun_commune.pledges import labels as pledges_labels
from sun_commune.pledges import listeners as pledges_listeners
from sun_commune.pledges import models as pledges_models
from sun_commune.pledges import people as pledges_people
from sun_commune.pledges import queries as pledges_queries
from sun_commune.pledges import views as pledges_views
from sun_commune.portal import (  # noqa: F401 - their views are the portal's
    catalogue_views,
    entries_views,
    fund_views,
    ledger_views,
    my_gifts_views,
    need_page,
    open_data_views,
    period_views,
    style_guide_views,
    trace_views,
)
from sun_commune.portal import views as portal_views  # noqa: F401 - its views are the portal's
from sun_commune.portal.blueprint import blueprint as portal_blueprint
from sun_commune.receipts import checks as receipts_checks
from sun_commune.receipts import cli as receipts_cli
from sun_commune.receipts import guards as receipts_guards
from sun_commune.receipts import jobs as receipts_jobs
from sun_commune.receipts import labels as receipts_labels
from sun_commune.receipts import listeners as receipts_listeners
from sun_commune.receipts import models as receipts_models
from sun_commune.receipts import views as receipts_views
from sun_commune.statements import acts as statements_acts
from sun_commune.statements import checks as statements_checks
from sun_commune.statements import guards as statements_guards
from sun_commune.statements import jobs as statements_jobs
from sun_commune.statements import labels as statements_labels
from sun_commune.statements import listeners as statements_listeners
from sun_commune.statements import models as statements_models
from sun_commune.statements import queries as statements_queries
from sun_commune.statements import services as statements_services
from sun_commune.statements import views as statements_views
from sun_commune.statements.events import LineEvent
from sun_commune.transparency import checks as transparency_checks
from sun_commune.transparency import file_views as log_files
from sun_commune.transparency import jobs as transparency_jobs
from sun_commune.transparency import labels as transparency_labels
from sun_commune.transparency import listeners as transparency_listeners
from sun_commune.transparency import models as transparency_models
from sun_commune.transparency import views as transparency_views
from sun_commune.uploads import jobs as uploads_jobs
from sun_commune.uploads import models as uploads_models
from sun_commune.uploads import policies as uploads_policies
from sun_commune.uploads import views as uploads_views

#: Pages, each under /<lang>/.
BLUEPRINTS: Sequence[Blueprint] = (
    portal_blueprint,
    accounts.blueprint,
    backoffice.blueprint,
    pledges_views.blueprint,
    deliveries_views.blueprint,
    disclosure_views.blueprint,
    receipts_views.blueprint,
    choices_views.blueprint,
    payments_views.blueprint,
    treasury_views.blueprint,
    lanes_views.blueprint,
    statements_views.blueprint,
    transparency_views.blueprint,
    notifications_views.blueprint,
    households_views.blueprint,
    needs_views.blueprint,
)

#: Addresses without a language.
ROOT_BLUEPRINTS: Sequence[Blueprint] = (
    uploads_views.blueprint,
    log_files.blueprint,
    receipts_views.root_blueprint,
    payments_views.calls,
)

#: Whose rules say who else may look at a photo that is not public.
PHOTO_READERS: Sequence[uploads_policies.Reader] = (
    needs_readers.can_see_photo,
    deliveries_policies.can_see_photo,
    ledger_readers.can_see_copy,
)

#: Every table of the house; migrations and create_all see what is imported here.
MODELS = (
    audit_models,
    places_models,
    uploads_models,
    accounts_models,
    households_models,
    lanes_models,
    ledger_models,
    ledger_papers,
    ledger_guards,
    transparency_models,
    needs_models,
    pledges_models,
    deliveries_models,
    deliveries_guards,
    disclosure_models,
    receipts_models,
    receipts_guards,
    statements_models,
    statements_guards,
    choices_models,
    choices_guards,
    payments_models,
    notifications_models,
)

#: Words for enums; importing a feature's labels registers them.
LABELS = (
    places_labels,
    households_labels,
    needs_labels,
    pledges_labels,
    lanes_labels,
    ledger_labels,
    transparency_labels,
    accounts_labels,
    deliveries_labels,
    disclosure_labels,
    receipts_labels,
    statements_labels,
    choices_labels,
    payments_labels,
    notifications_labels,
    backoffice_labels,
)

#: Who hears of what. Listeners of Event hear everything.
LISTENERS: Mapping[type[Event], Sequence[Callable[[Any], None]]] = {
    Event: [audit.record_act],
    NeedPaused: [pledges_listeners.end_holds_of_paused_need],
    NeedResumed: [pledges_listeners.give_time_after_pause, choices_listeners.lapse_for_resumed_need],
    NeedWithdrawn: [
        pledges_listeners.release_claims_of_withdrawn_need,
        choices_listeners.open_for_ended_need,
    ],
    NeedExpired: [pledges_listeners.end_holds_of_expired_need, choices_listeners.open_for_ended_need],
    NeedClosed: [pledges_listeners.release_claims_of_closed_need, choices_listeners.open_for_ended_need],
    HouseholdErased: [needs_listeners.erase_needs],
    UserClosed: [pledges_listeners.forget_donor, receipts_listeners.forget_donor],
    NeedErased: [
        pledges_listeners.forget_messages_of_erased_need,
        deliveries_listeners.forget_words_of_erased_need,
        transparency_listeners.forget_words_of_erased_need,
    ],
    NeedEvent: [deliveries_listeners.show_photos_of_need],
    TransferEvent: [transparency_listeners.log_transfer],
    PeriodClosed: [transparency_listeners.log_closing],
    TransferPosted: [
        receipts_listeners.issue_receipt,
        disclosure_listeners.open_major_task,
        choices_listeners.follow_posting,
        statements_listeners.follow_posting,
    ],
    AdvanceReturned: [statements_listeners.follow_return],
    # Statements before deliveries, which let go of the bank's reference by which a line finds its entry.
    TransferReversed: [
        receipts_listeners.void_receipt,
        statements_listeners.follow_reversal,
        deliveries_listeners.follow_reversal,
        choices_listeners.follow_reversal,
        disclosure_listeners.lift_major_task,
    ],
    LineEvent: [choices_listeners.follow_line],
    VoucherDrafted: [choices_listeners.follow_voucher],
    VoucherRefused: [choices_listeners.follow_voucher],
    VoucherWithdrawn: [choices_listeners.follow_voucher],
    VoucherExpired: [choices_listeners.follow_voucher],
    ConsentGiven: [needs_listeners.follow_consents, deliveries_listeners.show_photos_of_household],
    ConsentWithdrawn: [needs_listeners.follow_consents, deliveries_listeners.show_photos_of_household],
}

#: The timetable; each job runs once per period however many schedulers there are.
JOBS: Sequence[Job] = (
    accounts_jobs.SWEEP_SIGN_INS,
    needs_jobs.EXPIRE_NEEDS,
    needs_jobs.FOLLOW_CONSENTS,
    needs_jobs.MASK_OLD_PHOTOS,
    deliveries_jobs.MASK_OLD_PHOTOS,
    *pledges_jobs.JOBS,
    receipts_jobs.ISSUE_WAITING_RECEIPTS,
    *choices_jobs.JOBS,
    *payments_jobs.JOBS,
    uploads_jobs.SWEEP_UPLOADS,
    notifications_jobs.SEND_OUTBOX,
    transparency_jobs.SEAL_LOG,
    transparency_jobs.RECORD_DAILY_ROOTS,
    demo_signing.SIGN_DEMO_LOG,
    disclosure_jobs.KEEP_CALENDAR,
    ledger_jobs.SELFCHECK,
    ledger_jobs.CLOSE_PERIODS,
    ledger_jobs.EXPIRE_VOUCHERS,
    ledger_jobs.REMIND_ADVANCES,
    backoffice_jobs.PURGE_REMNANTS,
    statements_jobs.FORGET_PAYERS,
    statements_jobs.POST_REST,
)

#: What must always hold; ``flask selfcheck`` and its job run all of it.
CHECKS: Sequence[Check] = (
    *ledger_checks.CHECKS,
    *transparency_checks.CHECKS,
    *needs_checks.CHECKS,
    *pledges_checks.CHECKS,
    *deliveries_checks.CHECKS,
    *disclosure_checks.CHECKS,
    *receipts_checks.CHECKS,
    *statements_checks.CHECKS,
    *choices_checks.CHECKS,
    *payments_checks.CHECKS,
)

#: What features say on the ledger's front page, in this order.
LEDGER_PARTS: Sequence[ledger_views.FrontPart] = (
    ledger_views.FrontPart("waiting", "choices/_front.html", lambda: {"sums": choices_queries.public_sums()}),
    ledger_views.FrontPart("duties", "disclosure/_summary.html", disclosure_views.front_values),
)

#: ``flask ...`` commands beyond Flask's own.
COMMANDS: Sequence[Command | AppGroup] = (
    cli.scheduler,
    places_cli.places,
    accounts_cli.create_user,
    accounts_cli.reset_second_factor,
    demo_cli.demo_accounts,
    demo_cli.demo_data,
    demo_cli.load_sample_command,
    households_cli.households,
    ledger_cli.selfcheck,
    receipts_cli.receipts,
)

#: What lies sealed besides families' fields and second steps; ``flask households rotate-key`` turns all of it.
RESEALERS: Sequence[sealing.Resealer] = (receipts_cli.reseal_names, statements_jobs.reseal)


def joined(
    *tables: Mapping[type[Event], Sequence[Callable[[Any], None]]],
) -> dict[type[Event], list[Callable[[Any], None]]]:
    """Several tables of listeners in one, each event's listeners in the order of the tables."""
    together: dict[type[Event], list[Callable[[Any], None]]] = {}
    for table in tables:
        for kind, listeners in table.items():
            together.setdefault(kind, []).extend(listeners)
    return together


def connect(app: Flask) -> None:
    """Bind all of it to an application."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix=f"/<lang:lang>{blueprint.url_prefix or ''}")
    for blueprint in ROOT_BLUEPRINTS:
        app.register_blueprint(blueprint)
    uploads_policies.bind(PHOTO_READERS)
    events.bind(joined(LISTENERS, notifications_listeners.LISTENERS))
    selfcheck.bind(CHECKS)
    sealing.bind(RESEALERS)
    ledger_neighbours.bind(needs_people.people_of_need, pledges_people.donors_of_claims, needs_people.county_of_need)
    ledger_neighbours.bind_giver_kind(pledges_queries.giver_kind)
    ledger_views.bind(LEDGER_PARTS)
    deliveries_statement_lines.bind(statements_queries.holds_reference)
    statements_acts.bind(choices_queries.refunds_named)
    ledger_neighbours.bind_promised_back(choices_queries.promised_back)
    ledger_neighbours.bind_parcels(deliveries_parcels.parcels_of_need)
    ledger_neighbours.bind_locks(needs_people.lock_needs, statements_services.lock_line_of)
    app.extensions["sun_jobs"] = JOBS
    app.extensions[payments_gateways.EXTENSION] = payments_gateways.make_gateways(app.extensions["sun_settings"])
    for command in COMMANDS:
        app.cli.add_command(command)
    sessions.init_app(app)
    resume.init_app(app)
    second_step.init_app(app)

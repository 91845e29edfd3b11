"""Words of needs."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.needs.models import Category, LineKind, Subject, Urgency
from sun_commune.needs.states import NeedAct, NeedState, Side, SystemReason

labels.register(
    {
        NeedState.DRAFT: _l("Draft"),
        NeedState.SUBMITTED: _l("Submitted"),
        NeedState.RETURNED: _l("Returned"),
        NeedState.APPROVED: _l("Approved by the township"),
        NeedState.PUBLISHED: _l("Published"),
        NeedState.PARTLY_CLAIMED: _l("Partly claimed"),
        NeedState.CLAIMED: _l("Claimed"),
        NeedState.PARTLY_FULFILLED: _l("Partly fulfilled"),
        NeedState.FULFILLED: _l("Fulfilled"),
        NeedState.CLOSED: _l("Closed"),
        NeedState.PAUSED: _l("Paused"),
        NeedState.WITHDRAWN: _l("Withdrawn"),
        NeedState.EXPIRED: _l("Expired"),
        NeedAct.SUBMIT: _l("Submitted for review"),
        NeedAct.RETURN: _l("Returned to the village"),
        NeedAct.APPROVE: _l("Approved by the township"),
        NeedAct.PUBLISH: _l("Published by the county"),
        NeedAct.PROGRESS: _l("Help moved on"),
        NeedAct.PAUSE: _l("Paused"),
        NeedAct.RESUME: _l("Shown again"),
        NeedAct.WITHDRAW: _l("Withdrawn"),
        NeedAct.EXPIRE: _l("Time ran out"),
        NeedAct.CLOSE: _l("Closed"),
        Side.VILLAGE: _l("the village"),
        Side.TOWNSHIP: _l("the township"),
        Side.COUNTY: _l("the county"),
        Side.SYSTEM: _l("the platform"),
        SystemReason.CONSENT_OVER: _l("The household's consent to publication is over."),
        SystemReason.ERASED: _l("Data removed at the family's wish."),
        Category.INDUSTRIAL_PROJECT: _l("Industrial project"),
        Category.INFRASTRUCTURE: _l("Infrastructure"),
        Category.PRODUCTION_TECHNOLOGY: _l("Production technology"),
        Category.EDUCATION: _l("Education"),
        Category.MEDICAL: _l("Medical"),
        Category.DAILY_NECESSITIES: _l("Daily necessities"),
        Category.EMPLOYMENT: _l("Employment"),
        Category.PRODUCE_SALE: _l("Sale of produce"),
        LineKind.MONEY: _l("Money"),
        LineKind.GOODS: _l("Goods"),
        LineKind.SERVICE: _l("Service"),
        LineKind.HOURS: _l("Hours of work"),
        Urgency.NORMAL: _l("Can wait"),
        Urgency.SOON: _l("Soon"),
        Urgency.URGENT: _l("Urgent"),
    }
)
# Apart, for Side.VILLAGE and Subject.VILLAGE are the same text and would be one key.
labels.register({Subject.HOUSEHOLD: _l("Household"), Subject.VILLAGE: _l("Whole village")})

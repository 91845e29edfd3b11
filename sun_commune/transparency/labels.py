"""Words for the enums of the log."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.transparency.models import LeafKind, Opened

labels.register(
    {
        LeafKind.TRANSFER: _l("Entry of the ledger"),
        LeafKind.KEY: _l("Change of the signing key"),
        LeafKind.CLOSE: _l("Period closed"),
    }
)
labels.register(
    {
        Opened.PAYER: _l("Name that the donor chose"),
        Opened.MEMO: _l("What the entry says in words"),
        Opened.DOC: _l("Fingerprint of the paper"),
    }
)

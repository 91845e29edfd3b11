"""Words of households."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.households.models import Asker, ConsentPurpose, SupportLabel

labels.register(
    {
        ConsentPurpose.COLLECT: _l("Keeping the family's data"),
        ConsentPurpose.PUBLISH: _l("Showing its needs in public"),
        ConsentPurpose.VILLAGE: _l("Naming its village"),
        ConsentPurpose.HARDSHIP: _l("Saying that a family member is ill"),
        ConsentPurpose.PHOTO: _l("Showing photos with family members"),
        Asker.HOUSEHOLDER: _l("The householder"),
        Asker.FAMILY_MEMBER: _l("Another adult of the family"),
        Asker.GUARDIAN: _l("A guardian"),
        Asker.RETENTION: _l("Nobody: the data are no longer needed"),
        SupportLabel.NONE: _l("None"),
        SupportLabel.EXITED: _l("Household that has left poverty"),
        SupportLabel.UNSTABLE: _l("Has left poverty, not yet stable"),
        SupportLabel.MARGINAL: _l("At the margin of poverty"),
        SupportLabel.SUDDEN_HARDSHIP: _l("Sudden hardship"),
        SupportLabel.SUBSISTENCE_ALLOWANCE: _l("Receives the subsistence allowance"),
        SupportLabel.DESTITUTE: _l("Destitute, in the care of the state"),
    }
)

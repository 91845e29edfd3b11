"""online payments: what a pledge cannot take lies in suspense, by a statement line

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

from sun_commune.core.rebuild import rebuilt

revision = "0015"
down_revision = "0014"

CHECK = "ck_payment_orders_held_in_suspense"
USED = "SELECT count(*) FROM payment_orders WHERE line_code IS NOT NULL"


def upgrade() -> None:
    with rebuilt(op, "payment_orders") as batch:
        batch.add_column(sa.Column("line_code", sa.String(length=20), nullable=True))
        batch.create_check_constraint(op.f(CHECK), "line_code IS NULL OR state = 'held'")


def downgrade() -> None:
    if op.get_bind().execute(sa.text(USED)).scalar():
        raise RuntimeError("Payments lie in suspense that the former release cannot read. Restore a backup instead.")
    with rebuilt(op, "payment_orders") as batch:
        batch.drop_constraint(op.f(CHECK), type_="check")
        batch.drop_column("line_code")

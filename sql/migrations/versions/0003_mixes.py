"""Apply ``0003_mixes.sql``."""

from alembic import op

import sql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sql.text("migrations/0003_mixes.sql"))

"""Apply ``0001_platform.sql``."""

from alembic import op

import sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sql.text("migrations/0001_platform.sql"))

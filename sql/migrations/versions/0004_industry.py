"""Apply ``0004_industry.sql``."""

from alembic import op

import sql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sql.text("migrations/0004_industry.sql"))

"""Apply ``0002_library.sql``."""

from alembic import op

import sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sql.text("migrations/0002_library.sql"))

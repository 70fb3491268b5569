"""Apply ``0001_platform.sql``."""

from sql.migrations import apply

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    apply("0001_platform")

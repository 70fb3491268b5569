"""Apply ``0008_trends.sql``."""

from sql.migrations import apply

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    apply("0008_trends")

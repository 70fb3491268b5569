"""Apply ``0004_industry.sql``."""

from sql.migrations import apply

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    apply("0004_industry")

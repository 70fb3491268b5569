"""Apply ``0003_mixes.sql``."""

from sql.migrations import apply

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    apply("0003_mixes")

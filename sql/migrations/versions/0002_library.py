"""Apply ``0002_library.sql``."""

from sql.migrations import apply

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    apply("0002_library")

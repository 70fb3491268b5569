"""Apply ``0005_releases.sql``."""

from sql.migrations import apply

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    apply("0005_releases")

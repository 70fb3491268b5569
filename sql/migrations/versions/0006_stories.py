"""Apply ``0006_stories.sql``."""

from sql.migrations import apply

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    apply("0006_stories")

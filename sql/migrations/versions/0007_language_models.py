"""Apply ``0007_language_models.sql``."""

from sql.migrations import apply

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    apply("0007_language_models")

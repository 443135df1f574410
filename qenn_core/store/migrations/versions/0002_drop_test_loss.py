"""Drop the test loss of a run, which was never written."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade the tables to this version."""
    # Not in batch mode, which would rebuild SQLite's table without its AUTOINCREMENT.
    op.drop_column("runs", "test_loss")


def downgrade() -> None:
    """Downgrade the tables to the previous version."""
    op.add_column("runs", sa.Column("test_loss", sa.Double(), nullable=True))

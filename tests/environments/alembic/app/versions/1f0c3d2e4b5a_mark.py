from alembic import op

revision = "1f0c3d2e4b5a"
down_revision = None


def upgrade():
    op.execute("UPDATE people SET born = NULL WHERE id <= 7")


def downgrade():
    pass

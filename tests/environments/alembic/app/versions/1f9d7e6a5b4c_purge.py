from alembic import op

revision = "1f9d7e6a5b4c"
down_revision = "1f0c3d2e4b5a"


def upgrade():
    op.execute("DELETE FROM people WHERE id > 80")


def downgrade():
    pass

from alembic import op

revision = "8c7b6a5d4e3f"
down_revision = "1f9d7e6a5b4c"


def upgrade():
    op.execute("CREATE TABLE audit (note text)")
    op.execute("INSERT INTO audit VALUES ('marked'), ('purged')")


def downgrade():
    pass

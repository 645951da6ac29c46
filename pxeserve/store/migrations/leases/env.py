"""How Alembic runs this group's migrations: on the connection it is handed, in that connection's transaction."""

from alembic import context

config = context.config
context.configure(
    connection=config.attributes["connection"],
    target_metadata=config.attributes["metadata"],
    version_table=f"alembic_version_{config.attributes['group']}",
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()

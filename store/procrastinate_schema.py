"""The schema that Procrastinate ships, made and dropped by a migration of ours."""

from __future__ import annotations

from importlib import resources

from sqlalchemy import Connection, text

JOBS = "procrastinate_jobs"
"""The table of jobs."""
META_KEY = "procrastinate schema"
"""Key in `meta`: the last of Procrastinate's own migrations that the database has."""

_DROP = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT oid::regclass AS name FROM pg_class
        WHERE relkind = 'r' AND relname LIKE 'procrastinate\\_%' AND relnamespace = current_schema()::regnamespace
    LOOP EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', found.name); END LOOP;
    FOR found IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = current_schema()::regnamespace
    LOOP EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', found.name); END LOOP;
    FOR found IN SELECT oid::regtype AS name FROM pg_type
        WHERE typname LIKE 'procrastinate\\_%' AND typnamespace = current_schema()::regnamespace
    LOOP EXECUTE format('DROP TYPE IF EXISTS %s CASCADE', found.name); END LOOP;
END $$
"""


def shipped() -> list[str]:
    """The migrations that the installed Procrastinate ships, in their order."""
    folder = resources.files("procrastinate.sql").joinpath("migrations")
    return sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))


def create(connection: Connection) -> None:
    """Make the schema of the installed version, in the transaction of the caller."""
    run(connection, resources.files("procrastinate.sql").joinpath("schema.sql").read_text(encoding="utf-8"))
    connection.execute(
        text("INSERT INTO meta (key, value) VALUES (:key, :last)"), {"key": META_KEY, "last": shipped()[-1]}
    )


def drop(connection: Connection) -> None:
    """Take the schema away with everything in it."""
    run(connection, _DROP)


def run(connection: Connection, script: str) -> None:
    """Run a script of several statements as it is: the driver alone takes it, per cent signs included."""
    driver = connection.connection.driver_connection
    if driver is not None:
        driver.execute(script)

"""Facts about the store itself, such as its nature."""

from __future__ import annotations

from sqlalchemy import delete, select

from store.database import Database
from store.tables import meta


class Meta:
    """Named values; see `store.nature` for the one that keeps demonstration and real data apart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """The value, or `None` when it was never set."""
        with self._database.read() as connection:
            return connection.scalar(select(meta.c.value).where(meta.c.key == key))

    def set(self, key: str, value: str) -> None:
        """Set the value, over an earlier one."""
        statement = self._database.insert(meta).values(key=key, value=value)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))

    def under(self, prefix: str) -> dict[str, str]:
        """Every value whose key begins so, by the rest of its key."""
        found = select(meta.c.key, meta.c.value).where(meta.c.key.startswith(prefix, autoescape=True))
        with self._database.read() as connection:
            return {key.removeprefix(prefix): value for key, value in connection.execute(found.order_by(meta.c.key))}

    def delete(self, key: str) -> bool:
        """Forget a value; whether there was one."""
        with self._database.write() as connection:
            return connection.execute(delete(meta).where(meta.c.key == key)).rowcount > 0

    def set_once(self, key: str, value: str) -> str:
        """Set the value unless there is one already; what holds afterwards, also when two processes ask at once."""
        statement = self._database.insert(meta).values(key=key, value=value).on_conflict_do_nothing()
        with self._database.write() as connection:
            connection.execute(statement)
            return str(connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one())

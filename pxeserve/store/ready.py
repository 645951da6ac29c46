"""Statements that are executed all day: compiled once, and from then on the driver's own business, as are the transactions they stand in.

To begin, to build a statement, to find it again among the compiled ones and to put each row's values in order costs SQLAlchemy several
times what SQLite needs for the rows, and an acknowledgement waits for it. Refuses to know what the statements say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Select, TextClause
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

IMMEDIATE = "BEGIN IMMEDIATE"
"""Begins a transaction that takes the write lock at once."""


class Ready:
    """`statement`, whose parameters are `parameters` in this order: the columns of an INSERT, or what the others are asked with.

    Values are given as the driver takes them, and rows come as it gives them. `put` and `ask` raise SQLAlchemyError; they do not begin a
    transaction.
    """

    __slots__ = ("_parameters", "_sql", "_statement")

    def __init__(self, statement: Insert | Delete | Select[Any] | TextClause, parameters: Sequence[str]) -> None:
        self._statement = statement
        self._parameters = list(parameters)
        self._sql: dict[str, str] = {}

    def put(self, connection: Connection, rows: list[tuple[Any, ...]]) -> None:
        """Execute it for each of `rows`."""
        if not rows:
            return
        sql = self.on(connection.dialect)
        try:
            connection.connection.cursor().executemany(sql, rows)
        except _errors(connection) as error:
            raise _told(connection, sql, error) from error

    def ask(self, connection: Connection, *values: Any) -> list[tuple[Any, ...]]:
        """All that it finds for `values`."""
        sql = self.on(connection.dialect)
        try:
            cursor = connection.connection.cursor()
            cursor.execute(sql, values)
            return list(cursor.fetchall())
        except _errors(connection) as error:
            raise _told(connection, sql, error) from error

    def on(self, dialect: Dialect) -> str:
        """What the driver is told."""
        sql = self._sql.get(dialect.name)
        if sql is None:
            sql = self._sql[dialect.name] = self._compiled(dialect)
        return sql

    def _compiled(self, dialect: Dialect) -> str:
        keys = self._parameters if isinstance(self._statement, Insert) else None
        compiled = self._statement.compile(dialect=dialect, column_keys=keys)
        assert isinstance(compiled, SQLCompiler)
        assert compiled.positiontup == self._parameters, f"{compiled.positiontup} is not {self._parameters}"
        return str(compiled)


@contextmanager
def group(connection: Connection) -> Iterator[None]:
    """A transaction for what is `Ready`, and for nothing else: SQLAlchemy hears nothing of it. It takes the write lock at once, and is as
    durable as the connection's others when the block has ended without an exception. Raises SQLAlchemyError; then nothing has changed."""
    raw = connection.connection
    try:
        raw.cursor().execute(IMMEDIATE)
        try:
            yield
        except BaseException:
            raw.rollback()
            raise
        raw.commit()
    except _errors(connection) as error:
        raise _told(connection, IMMEDIATE, error) from error


def begin(connection: Connection, sql: str) -> None:
    """Begin the transaction of `connection` by `sql`. Raises SQLAlchemyError."""
    try:
        connection.connection.cursor().execute(sql)
    except _errors(connection) as error:
        raise _told(connection, sql, error) from error


def _told(connection: Connection, sql: str, error: Exception) -> BaseException:
    """`error` as SQLAlchemy would have told it, of the same kind."""
    return DBAPIError.instance(sql, None, error, _errors(connection), dialect=connection.dialect)


def _errors(connection: Connection) -> type[Exception]:
    """What the driver raises."""
    return connection.dialect.loaded_dbapi.Error

"""Cursors that describe their columns when asked tell what the driver's own tell."""

import psycopg
import pytest
from sqlalchemy.engine import make_url

from itsm.infra.cursors import QuietCursor


@pytest.fixture
def connection(postgres_url):
    address = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as opened:
        yield opened


@pytest.mark.parametrize(
    "query", ["SELECT 1 AS one, 'x'::varchar(7) AS two, now() AS three", "SELECT 1 AS a WHERE false"]
)
def test_columns_are_described_as_by_the_driver(connection, query):
    plain, quiet = connection.execute(query), QuietCursor(connection).execute(query)
    assert len(quiet.description) == len(plain.description)
    assert [tuple(column) for column in quiet.description] == [tuple(column) for column in plain.description]
    assert [column.name for column in quiet.description[1:]] == [column.name for column in plain.description[1:]]
    assert quiet.description[0].type_code == plain.description[0].type_code
    assert quiet.fetchall() == plain.fetchall()


def test_what_returns_no_rows_has_no_description(connection):
    cursor = QuietCursor(connection)
    assert cursor.description is None
    assert cursor.execute("CREATE TEMP TABLE t (a int)").description is None
    assert cursor.execute("INSERT INTO t VALUES (1)").description is None
    assert [column.name for column in cursor.execute("INSERT INTO t VALUES (2) RETURNING a").description] == ["a"]


def test_the_application_uses_them(app, reading, database_kind):
    with reading() as session:
        cursor = session.connection().connection.cursor()
        assert (type(cursor) is QuietCursor) == (database_kind == "postgresql")

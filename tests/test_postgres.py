"""The PostgreSQL fixture itself: real, private, and copies its templates."""

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.postgres import drop_database, fresh_database


def test_a_fresh_database_is_a_copy_of_its_template(postgres_url: str) -> None:
    template = fresh_database(postgres_url)
    engine = create_engine(template)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE noun (word text)"))
        connection.execute(text("INSERT INTO noun VALUES ('printer')"))
    engine.dispose()

    first, second = (fresh_database(postgres_url, template=template) for _ in range(2))
    for url in (first, second):
        engine = create_engine(url)
        with engine.begin() as connection:
            assert connection.execute(text("DELETE FROM noun RETURNING word")).scalars().all() == ["printer"]
            assert connection.execute(text("SHOW server_encoding")).scalar_one() == "UTF8"
        engine.dispose()


def test_a_dropped_database_is_gone_although_somebody_is_connected(postgres_url: str) -> None:
    url = fresh_database(postgres_url)
    name = make_url(url).database
    address = make_url(url).set(drivername="postgresql").render_as_string()
    held = psycopg.connect(address)
    drop_database(url)
    held.close()
    with psycopg.connect(make_url(postgres_url).set(drivername="postgresql").render_as_string()) as connection:
        names = connection.execute("SELECT datname FROM pg_database").fetchall()
    assert (name,) not in names

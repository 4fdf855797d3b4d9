"""The least that a Flask + SQLAlchemy + Jinja page of 50 tickets can do, over the same rows: no sign-in, no rights, no
navigation, no translation. What a real page costs is told as a multiple of this one.

Served as ``bench.bare_page:app`` with ITSM_DATABASE_URL.
"""

import os

from flask import Flask, render_template_string
from sqlalchemy import create_engine, text

app = Flask(__name__)
_url = os.environ["ITSM_DATABASE_URL"]
_engine = create_engine(_url, pool_size=4)

LIST = text(
    """WITH page AS (SELECT id FROM ticket WHERE is_open ORDER BY last_activity_at DESC, id DESC LIMIT 50)
    SELECT t.id, t.number, t.title, t.category, t.priority, g.name AS team, r.name AS requester, a.name AS assignee,
    t.created_at, t.last_activity_at, t.reply_count FROM page JOIN ticket t ON t.id = page.id
    LEFT JOIN support_group g ON g.id = t.group_id JOIN person r ON r.id = t.requester_id
    LEFT JOIN person a ON a.id = t.assignee_id ORDER BY t.last_activity_at DESC, t.id DESC"""
)
TICKET = text("SELECT t.*, r.name AS requester FROM ticket t JOIN person r ON r.id = t.requester_id WHERE number = :n")
ENTRIES = text("SELECT at, author_name, html FROM ticket_entry WHERE ticket_id = :id ORDER BY id")

HEAD = "<!doctype html><html lang=en><title>Tickets</title><body><h1>Tickets</h1>"
ROWS = HEAD + (
    "<table>{% for t in rows %}<tr><td>{{ t.number }}</td><td><a href='/t/{{ t.number }}'>{{ t.title }}</a></td>"
    "<td>{{ t.category }}</td><td>{{ t.priority }}</td><td>{{ t.team }}</td><td>{{ t.requester }}</td>"
    "<td>{{ t.assignee or '' }}</td><td>{{ t.created_at }}</td><td>{{ t.last_activity_at }}</td>"
    "<td>{{ t.reply_count }}</td></tr>{% endfor %}</table>"
)
ONE = HEAD + (
    "<h2>{{ t.title }}</h2><p>{{ t.requester }}</p>"
    "{% for e in entries %}<article><b>{{ e.author_name }}</b> {{ e.at }}{{ e.html|safe }}</article>{% endfor %}"
)

COMPILED = app.jinja_env.from_string(ROWS)


@app.get("/health")
def health() -> str:
    return "ok"


@app.get("/list")
def tickets() -> str:
    with _engine.connect() as connection:
        return render_template_string(ROWS, rows=connection.execute(LIST).all())


@app.get("/compiled-list")
def compiled_list() -> str:
    """The same rows; the template is compiled once and not on every request, as any application has it."""
    with _engine.connect() as connection:
        return COMPILED.render(rows=connection.execute(LIST).all())


@app.get("/ticket/<int:number>")
def ticket(number: int) -> str:
    with _engine.connect() as connection:
        found = connection.execute(TICKET, {"n": number}).one()
        return render_template_string(ONE, t=found, entries=connection.execute(ENTRIES, {"id": found.id}).all())

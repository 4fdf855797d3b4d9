"""The navigation: each sees what his roles open, in his language, with the page he is on marked."""

from flask import request
from flask_babel import force_locale

from itsm.kernel.actor import Actor, Role
from itsm.web import nav


def seen(app, path, *roles, language="en", root=""):
    actor = Actor(user_id=1, person_id=1, name="x", roles=frozenset(roles))
    with app.test_request_context(path, base_url=f"http://localhost{root}"), force_locale(language):
        assert request.script_root == root
        return [(item.label, item.href, item.active) for item in nav.shown(app, actor)]


def test_what_is_kept_is_of_this_person_page_language_and_mount_point(app):
    for _first_made_then_kept in range(2):
        desk = seen(app, "/tickets", Role.TECHNICIAN)
        assert ("Tickets", "/tickets", True) in desk
        assert ("Tickets", "/tickets", False) in seen(app, "/assets", Role.TECHNICIAN)
        assert ("Tickets", "/desk/tickets", True) in seen(app, "/tickets", Role.TECHNICIAN, root="/desk")
        assert ("Assets", "/assets", False) in desk
        assert len(seen(app, "/tickets", Role.ADMINISTRATOR)) > len(desk)
        german = seen(app, "/tickets", Role.TECHNICIAN, language="de")
        assert [href for _label, href, _active in german] == [href for _label, href, _active in desk]
        assert [label for label, *_rest in german] != [label for label, *_rest in desk]


def test_a_number_is_of_the_moment(app):
    numbers = iter((3, 4))
    item = nav.NavItem(
        "Counted", "tickets.index", "inbox", "/counted", shell="tests", count=lambda actor: next(numbers)
    )
    nav.add(app, item)
    try:
        actor = Actor(user_id=1, person_id=1, name="x", roles=frozenset({Role.TECHNICIAN}))
        with app.test_request_context("/counted"):
            assert [nav.shown(app, actor, "tests")[0].count for _again in range(2)] == [3, 4]
    finally:
        app.extensions["itsm.nav"].remove(item)
        app.extensions["itsm.nav_of_roles"].clear()

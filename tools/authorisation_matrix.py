"""Print the authorisation matrix as it is observed, in the form of tests/authorisation/matrix.txt.

For whoever adds a route: run it, read the new lines with suspicion, and only then put them into the table.

    python -m pytest -q -s tools/authorisation_matrix.py -p tests.conftest --database sqlite
"""

from tests.authorisation.bodies import body
from tests.authorisation.test_matrix import address, outcome, routes
from tests.authorisation.world import ACTORS, build
from tests.people import Browser


def test_print(app, sign_in, house):
    """Try everything and print what happens."""
    lines = []
    for route in routes(app):
        house.renew()
        app.test_client_class = Browser
        method, rule = route.split(" ", 1)
        world = build(app, sign_in, app.test_client())
        url, found = address(rule, world.ids), ""
        for name in ACTORS:
            browser, sent = world.browsers[name], body(route, world.ids)
            found += outcome(browser.get(url, query_string=sent) if method == "GET" else browser.post(url, data=sent))
        lines.append(f"{found}  {method:4} {rule}")
    print("\n" + "\n".join(lines))

"""Print the authorisation matrix as it is observed, in the form of tests/authorisation/matrix.txt.

For whoever adds a route: run it, read the new lines with suspicion, and only then put them into the table.

    python -m pytest -q -s tools/authorisation_matrix.py -p tests.conftest --database sqlite
"""

from tests.authorisation.test_matrix import routes, tried
from tests.authorisation.world import build


def test_print(house):
    """Try everything and print what happens."""
    house.renew()
    world = build(house.app)
    restore = house.keep()
    lines = []
    for route in routes(house.app):
        restore()
        method, rule = route.split(" ", 1)
        lines.append(f"{tried(route, world)}  {method:4} {rule}")
    print("\n" + "\n".join(lines))

"""Other rooms hang tabs onto an asset's page."""

import pytest
from markupsafe import Markup

from itsm.assets.tabs import EXTENSION, AssetTab, add_tab
from itsm.kernel.actor import Role
from tests.assets.views.test_pages import entered, home_of


@pytest.fixture
def room(app):
    """Add a tab that technicians get, for one test."""
    before = dict(app.extensions.get(EXTENSION, {}))
    tab = AssetTab(
        "weather",
        "Weather",
        "cloud",
        lambda _actor, asset: Markup("<p>Rain on {}</p>").format(asset.name),
        shown=lambda actor: actor.has(Role.TECHNICIAN),
    )
    add_tab(app, tab)
    yield tab
    app.extensions[EXTENSION] = before


def test_an_added_tab_is_shown_to_those_who_get_it_only(app, room, work, sign_in):
    technician, auditor = sign_in(Role.TECHNICIAN), sign_in(Role.AUDITOR)
    asset_id = entered(work, home_of(technician), "<b>lap</b>")
    page = technician.get(f"/assets/{asset_id}/weather")
    assert "Rain on &lt;b&gt;lap&lt;/b&gt;" in page.text
    assert "/weather" in technician.get(f"/assets/{asset_id}").text
    assert "/weather" not in auditor.get(f"/assets/{asset_id}").text
    assert auditor.get(f"/assets/{asset_id}/weather").status_code == 404
    with pytest.raises(ValueError, match="weather"):
        add_tab(app, room)

"""Every route says who may use it, and the application does not start where one does not."""

import pytest

from itsm.app import create_app
from itsm.infra.settings import load
from itsm.web import gate


def test_every_route_is_declared(app) -> None:
    undeclared = [rule.rule for rule in app.url_map.iter_rules() if gate.access_of(app, rule.endpoint) is None]
    assert undeclared == []


def test_an_undeclared_route_keeps_the_application_from_starting(tmp_path) -> None:
    app = create_app(load(data_dir=tmp_path))
    app.add_url_rule("/hidden", endpoint="hidden", view_func=lambda: "secret")
    with pytest.raises(RuntimeError, match="hidden"):
        gate.guard(app)

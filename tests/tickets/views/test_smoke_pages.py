"""Every page answers, for those it is for."""

from tests.tickets.conftest import Desk


def test_pages_answer(desk: Desk):
    number = desk.filed()
    for path in (
        "/tickets",
        "/tickets?state=all&by=priority",
        "/tickets?q=mail&by=turn&assignee=me",
        "/tickets/new",
        f"/tickets/{number}",
        f"/tickets/{number}/history",
        *(
            f"/tickets/{number}/{what}"
            for what in ("assignment", "priority", "facts", "watchers", "link", "merge", "asset")
        ),
        "/tickets/lookup/people?q=a",
        "/tickets/lookup/assets?q=a",
        "/tickets/lookup/tickets?q=mail",
        "/tickets/export.csv",
        "/requests",
        "/report",
        "/things",
    ):
        assert (path, desk.tina.get(path).status_code) == (path, 200)
    for path in ("/", "/requests", f"/requests/{number}", "/things", "/report", "/report?kind=service_request"):
        assert (path, desk.ana.get(path).status_code) == (path, 200)
    for path in ("/tickets", f"/tickets/{number}"):
        assert (path, desk.auditor.get(path).status_code) == (path, 200)

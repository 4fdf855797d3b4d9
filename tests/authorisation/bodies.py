"""Forms that would be accepted, so that what refuses is the right and not the form."""

from __future__ import annotations

from typing import Any

_T = "POST /tickets/<int:number>"
_A = "POST /assets/<int:asset_id>"
_R = "POST /requests/<int:number>"


def body(route: str, ids: dict[str, Any]) -> dict[str, Any]:
    """Return the form (or query) to try a route with."""
    return {
        f"{_T}/replies": {"body": "x"},
        f"{_T}/notes": {"body": "x"},
        f"{_T}/drafts": {"draft_kind": "reply", "body": "x"},
        f"{_T}/assignment": {"assignee_id": ids["inside"]},
        f"{_T}/state": {"then": "2"},
        f"{_T}/priority": {"impact": "high", "urgency": "high"},
        f"{_T}/facts": {"version": 1, "title": "x", "kind": "incident", "requester_id": ids["mine"]},
        f"{_T}/watchers": {"person_id": ids["inside"]},
        f"{_T}/links": {"number": ids["second"]},
        f"{_T}/merging": {"number": ids["second"]},
        f"{_T}/assets": {"asset_id": ids["asset_id"]},
        f"{_R}/replies": {"body": "x"},
        f"{_R}/drafts": {"draft_kind": "reply", "body": "x"},
        "POST /tickets": {"requester_id": ids["mine"], "title": "x", "body": "y"},
        "POST /report": {"title": "x", "body": "y"},
        "POST /tickets/bulk": {"ids": ids["ticket_id"], "verb": "take"},
        "POST /tickets/views": {"name": "x"},
        "POST /discovery/sweeps": {"network_ids": ids["network_id"]},
        "POST /discovery/networks": {"name": "n", "ranges": "10.1.0.0/24"},
        "POST /discovery/networks/<int:network_id>": {"name": "n", "ranges": "10.1.0.0/24"},
        "POST /discovery/probes": {"name": "x", "door": "files", "card": "x"},
        "POST /discovery/probes/<int:probe_id>/invitation": {"host": "db"},
        "POST /discovery/probes/<int:probe_id>/orders": {"network_ids": ids["network_id"]},
        "POST /discovery/credentials": {"name": "n", "kind": "snmp_community", "secret": "abcdefgh"},
        "POST /discovery/credentials/<int:credential_id>": {"name": "n", "kind": "snmp_community"},
        "POST /discovery/schedules": {"name": "n", "cron": "0 3 * * *", "network_ids": ids["network_id"]},
        "POST /discovery/host-keys/<int:key_id>/decision": {"decision": "trust"},
        "POST /discovery/undecided/<int:match_id>/decision": {"choice": "new"},
        f"{_A}/status": {"status": "in_repair"},
        f"{_A}/relationships": {"other_id": ids["asset_id"] + 1, "type": "uses"},
        f"{_A}/disagreements/<int:disagreement_id>": {"decision": "keep"},
        "POST /profile/theme": {"theme": "dark"},
    }.get(route, {})

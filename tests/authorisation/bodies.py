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
        "POST /tickets/settings/topics": {"name": "x"},
        "POST /tickets/settings/topics/<int:topic_id>": {"name": "x", "version": 1},
        "POST /discovery/sweeps": {"network_ids": ids["network_id"]},
        "POST /discovery/networks": {"name": "n", "ranges": "10.1.0.0/24"},
        "POST /discovery/networks/<int:network_id>": {"name": "n", "ranges": "10.1.0.0/24"},
        "POST /discovery/exclusions": {"ranges": "10.1.0.9", "reason": "x"},
        "POST /discovery/probes": {"name": "x", "door": "files", "card": "x"},
        "POST /discovery/probes/<int:probe_id>/invitation": {"host": "db"},
        "POST /discovery/probes/<int:probe_id>/orders": {"network_ids": ids["network_id"]},
        "POST /discovery/credentials": {"name": "n", "kind": "snmp_community", "secret": "abcdefgh"},
        "POST /discovery/credentials/<int:credential_id>": {"name": "n", "kind": "snmp_community"},
        "POST /discovery/schedules": {"name": "n", "cron": "0 3 * * *", "network_ids": ids["network_id"]},
        "POST /discovery/schedules/preview": {"name": "n", "cron": "0 3 * * *", "network_ids": ids["network_id"]},
        "POST /discovery/schedules/<int:schedule_id>": {
            "version": 1,
            "name": "n",
            "cron": "0 3 * * *",
            "network_ids": ids["network_id"],
        },
        "POST /discovery/host-keys/<int:key_id>/decision": {"decision": "trust"},
        "POST /discovery/undecided/<int:match_id>/decision": {"choice": "new"},
        "POST /insight/drift/acceptance": {"ids": ids["drift_id"]},
        "POST /insight/drift/rules/<string:rule>": {
            "confirmations": 2,
            "impact": "low",
            "urgency": "low",
            "cap_per_hour": 5,
            "quiet_days": 7,
        },
        "POST /insight/drift/rules/<string:rule>/trial": {
            "confirmations": 2,
            "impact": "low",
            "urgency": "low",
            "cap_per_hour": 5,
            "quiet_days": 7,
        },
        "POST /insight/drift/plans/maintenance": {
            "why": "x",
            "starts_at": "2026-11-24T10:00",
            "ends_at": "2026-11-24T11:00",
        },
        "POST /insight/drift/plans/changes": {"asset_id": ids["asset_id"], "until_on": "2026-12-01", "why": "x"},
        f"{_A}/status": {"status": "in_repair"},
        f"{_A}/relationships": {"other_id": ids["asset_id"] + 1, "type": "uses"},
        f"{_A}/disagreements/<int:disagreement_id>": {"decision": "keep"},
        f"{_T}/incident": {"key": "switch:1"},
        f"{_T}/looks": {"look": "reach"},
        f"{_T}/banner": {"message": "x"},
        f"{_A}/merge": {"other_id": ids["second_asset"], "left_version": 1, "right_version": 1},
        f"{_A}/distinctions": {"other_id": ids["second_asset"]},
        "POST /assets/disagreements/decisions": {"ids": f"{ids['disagreement_id']}-1", "decision": "keep"},
        "POST /assets/<any(unbooked, unseen):worklist>": {"ids": ids["asset_id"], "do": "aside", "reason": "x"},
        "POST /assets/resurfaced/<int:resurfacing_id>": {"note": "x"},
        "POST /assets/precedence/<string:field>": {"order": "ssh"},
        "POST /discovery/assets/<int:asset_id>/split": {"sighting_ids": ids["sighting_id"]},
        "POST /tickets/about-disagreement/<int:disagreement_id>": {"version": 1},
        "POST /profile/theme": {"theme": "dark"},
    }.get(route, {})

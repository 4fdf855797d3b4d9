"""Discovery's pages: who sees what, secrets that never come out, decisions in place."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from itsm.assets.models import Asset
from itsm.discovery.enums import HostKeyState, MatchState, SweepReason, SweepState
from itsm.discovery.models import Credential, HostKey, Match, Network, Schedule, Sighting, Sweep
from itsm.discovery.services.orders import credentials_of, unsealed
from itsm.discovery.tasks import start_due_sweeps
from itsm.kernel.actor import Actor, Role
from tests.application import NOON, only
from tests.discovery.services.test_intake import report, take
from tests.factories.discovery import NetworkFactory

HOUSE = Actor.house()
NETWORK = {
    "name": "Office",
    "ranges": "10.0.0.0/24\n10.0.1.5",
    "pace": "500",
    "snmp_port": "161",
    "ssh_port": "22",
    "enabled": "1",
}


@pytest.fixture
def admin(sign_in):
    return sign_in(Role.ADMINISTRATOR)


def test_a_network_is_added_changed_and_refused(admin, work, reading):
    assert admin.post("/discovery/networks", data=NETWORK).headers["Location"] == "/discovery"
    with reading() as session:
        network = only(session.scalars(select(Network)))
        assert (network.ranges, network.pace, network.enabled) == (["10.0.0.0/24", "10.0.1.5"], 500, True)
    changed = NETWORK | {"pace": "7", "version": str(network.version)}
    assert admin.post(f"/discovery/networks/{network.id}", data=changed).status_code == 303
    stale = admin.post(f"/discovery/networks/{network.id}", data=changed | {"pace": "9"})
    assert (stale.status_code, 'name="pace" value="9"' in stale.text) == (409, True)
    for ranges in ("8.8.8.0/24", "not an address", "10.0.0.0/4"):
        refused = admin.post("/discovery/networks", data=NETWORK | {"name": "x", "ranges": ranges})
        assert (refused.status_code, "field-error" in refused.text) == (422, True), ranges
    with reading() as session:
        assert session.scalars(select(Network.pace)).all() == [7]


BASE_FIELD = re.compile(r'name="base" value="([^"]*)"')
VERSION_FIELD = re.compile(r'name="version" value="(\d+)"')


def opened(page):
    """Return the hidden fields of an editing form as a browser would send them back."""
    base = html.unescape(only(BASE_FIELD.findall(page.text)))
    return {"base": base, "version": only(VERSION_FIELD.findall(page.text))}


def test_two_people_edit_one_network_and_nobody_overwrites_anybody(admin, reading):
    admin.post("/discovery/networks", data=NETWORK)
    with reading() as session:
        url = f"/discovery/networks/{only(session.scalars(select(Network.id)))}"
    form = opened(admin.get(url))
    theirs = NETWORK | {"pace": "700", "days_1": ["0", "4"], "from_1": "19:00", "to_1": "06:00"}
    assert admin.post(url, data=theirs | form).status_code == 303
    assert admin.post(url, data=NETWORK | form | {"name": "Head office"}).status_code == 303
    with reading() as session:
        merged = only(session.scalars(select(Network)))
        assert (merged.name, merged.pace) == ("Head office", 700)
        assert merged.windows == [{"days": [0, 4], "from": "19:00", "to": "06:00"}]
    clash = admin.post(url, data=NETWORK | form | {"pace": "900", "days_1": "1", "from_1": "19:00", "to_1": "06:00"})
    assert clash.status_code == 409
    for field in ('name="pace" value="900"', 'name="pace" value="700"', "Mon, Fri", "Tue", 'value="Head office"'):
        assert field in clash.text, field
    sent = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', clash.text))
    sent = {name: html.unescape(value) for name, value in sent.items()} | {"pace": "900", "days_1": "0,4"}
    assert admin.post(url, data=sent).status_code == 303
    with reading() as session:
        chosen = only(session.scalars(select(Network)))
        assert (chosen.name, chosen.pace, chosen.windows) == ("Head office", 900, merged.windows)
        assert chosen.ranges == ["10.0.0.0/24", "10.0.1.5"]


def test_two_people_edit_one_credential(admin, reading):
    start = {"name": "read only", "kind": "snmp_community", "secret": "quietfox7", "enabled": "1"}
    admin.post("/discovery/credentials", data=start)
    with reading() as session:
        url = f"/discovery/credentials/{only(session.scalars(select(Credential.id)))}"
    form = opened(admin.get(url))
    calm = {"name": "read only", "kind": "snmp_community", "snmp_version": "2c", "enabled": "1"}
    assert admin.post(url, data=calm | form | {"snmp_version": "1"}).status_code == 303
    assert admin.post(url, data=calm | form | {"name": "campus"}).status_code == 303
    with reading() as session:
        row = only(session.scalars(select(Credential)))
        assert (row.name, row.options) == ("campus", {"snmp_version": "1"})
        assert unsealed(row, ()).secret == "quietfox7"
    clash = admin.post(url, data=calm | form | {"name": "branch", "secret": "otherfox8"})
    assert (clash.status_code, "otherfox8" in clash.text, "type it again" in clash.text) == (409, False, True)
    with reading() as session:
        assert unsealed(only(session.scalars(select(Credential))), ()).secret == "quietfox7"


def test_the_later_of_two_new_secrets_does_not_win_by_being_later(admin, reading):
    start = {"name": "read only", "kind": "snmp_community", "secret": "quietfox7", "enabled": "1"}
    admin.post("/discovery/credentials", data=start)
    with reading() as session:
        url = f"/discovery/credentials/{only(session.scalars(select(Credential.id)))}"

    def form():
        page = admin.get(url)
        return opened(page) | {"secret_mark": re.search(r'name="secret_mark" value="(\w+)"', page.text)[1]}

    mine, theirs = form(), form()
    calm = {"name": "read only", "kind": "snmp_community", "snmp_version": "2c", "enabled": "1"}
    assert admin.post(url, data=calm | theirs | {"secret": "firstfox8"}).status_code == 303
    clash = admin.post(url, data=calm | mine | {"secret": "otherfox9"})
    assert (clash.status_code, "otherfox9" in clash.text, "firstfox8" in clash.text) == (409, False, False)
    assert "stored a new secret while this page was open" in clash.text
    with reading() as session:
        assert unsealed(only(session.scalars(select(Credential))), ()).secret == "firstfox8"
    again = opened(clash) | {"secret_mark": re.search(r'name="secret_mark" value="(\w+)"', clash.text)[1]}
    assert admin.post(url, data=calm | again | {"secret": "otherfox9"}).status_code == 303
    with reading() as session:
        assert unsealed(only(session.scalars(select(Credential))), ()).secret == "otherfox9"


@pytest.mark.parametrize(
    "wrong",
    [
        {"days_1": "0", "from_1": "19:00"},
        {"days_1": "0", "from_1": "25:00", "to_1": "06:00"},
        {"days_2": "7", "from_2": "19:00", "to_2": "06:00"},
        {"time_zone": "Europe/Nowhere"},
        {"time_zone": "../etc/passwd"},
    ],
)
def test_windows_that_are_none_are_refused_in_place(admin, reading, wrong):
    assert admin.post("/discovery/networks", data=NETWORK | wrong).status_code == 422
    with reading() as session:
        assert session.scalars(select(Network.id)).all() == []


NIGHT = [{"days": [0, 1, 2, 3, 4, 5, 6], "from": "19:00", "to": "06:00"}]


def test_outside_its_window_a_network_is_swept_only_when_that_is_meant(admin, work, reading):
    with work():
        network = NetworkFactory(organization_id=only(admin.actor.organization_ids), windows=NIGHT)
    assert "window closed" in admin.get("/discovery").text
    refused = admin.post("/discovery/sweeps", data={"network_ids": network.id})
    assert (refused.status_code, "the window for sweeps is closed now" in refused.text) == (422, True)
    meant = admin.post("/discovery/sweeps", data={"network_ids": network.id, "outside_windows": "1"})
    assert meant.status_code == 303
    with reading() as session:
        sweep = only(session.scalars(select(Sweep)))
        assert (sweep.outside_windows, sweep.reason) == (True, SweepReason.PERSON)
        name, number = sweep.reason_facts["name"], sweep.id
    assert f"started by {name}, although the window is closed" in admin.get(f"/discovery/sweeps/{number}").text


def test_a_schedule_sweeps_what_is_open_and_waits_for_the_rest(admin, app, clock, work, reading):
    mine = only(admin.actor.organization_ids)
    with work():
        day = NetworkFactory(organization_id=mine).id
        night = NetworkFactory(organization_id=mine, windows=NIGHT).id
    sent = {"name": "Noon", "network_ids": [day, night], "cron": "15 12 * * *", "time_zone": "UTC", "enabled": "1"}
    assert admin.post("/discovery/schedules", data=sent).status_code == 303
    clock.moment = NOON.replace(minute=16)
    with app.app_context():
        start_due_sweeps(clock.now())
    with reading() as session:
        schedule = only(session.scalars(select(Schedule)))
        assert (schedule.waiting, schedule.next_at) == ([night], NOON.replace(hour=19))
        assert session.scalars(select(Sweep.network_ids)).all() == [[day]]
    clock.moment = NOON.replace(hour=19)
    with app.app_context():
        start_due_sweeps(clock.now())
    with reading() as session:
        schedule = only(session.scalars(select(Schedule)))
        assert (schedule.waiting, schedule.next_at) == ([], NOON.replace(day=24, minute=15))
        assert session.scalars(select(Sweep.network_ids).order_by(Sweep.id)).all() == [[day], [night]]


def test_a_secret_goes_in_sealed_and_never_comes_out(admin, app, work, reading):
    with work():
        network_id = NetworkFactory(organization_id=only(admin.actor.organization_ids)).id
    sent = {
        "name": "read only",
        "kind": "snmp_community",
        "secret": "quietfox7",
        "network_ids": network_id,
        "enabled": "1",
    }
    assert admin.post("/discovery/credentials", data=sent).status_code == 303
    with reading() as session:
        row = only(session.scalars(select(Credential)))
        assert "quietfox7" not in row.sealed
        assert unsealed(only(credentials_of(session, network_id)), ()).secret == "quietfox7"
    pages = [
        "/discovery/credentials",
        f"/discovery/credentials/{row.id}",
        "/discovery",
        f"/discovery/networks/{network_id}/plan",
    ]
    assert [(page, "quietfox7" in admin.get(page).text) for page in pages] == [(page, False) for page in pages]
    kept = {"name": "renamed", "kind": "snmp_community", "secret": "", "version": row.version, "enabled": "1"}
    assert admin.post(f"/discovery/credentials/{row.id}", data=kept).status_code == 303
    with reading() as session:
        assert unsealed(only(session.scalars(select(Credential))), ()).secret == "quietfox7"


def test_the_plan_shows_what_would_be_sent_to_whom_and_who_is_left_alone(admin, reading):
    wanted = NETWORK | {"ranges": "10.0.0.0/30", "exclusions": "10.0.0.1", "subnet_pace": "150"}
    assert admin.post("/discovery/networks", data=wanted).status_code == 303
    with reading() as session:
        network_id = only(session.scalars(select(Network))).id
    common = {"network_ids": network_id, "enabled": "1"}
    for sent in (
        {"name": "read only", "kind": "snmp_community", "secret": "quietfox7"},
        {
            "name": "safest",
            "kind": "snmp_user",
            "username": "ops",
            "auth_protocol": "SHA-256",
            "auth_secret": "longenough1",
        },
        {"name": "audit", "kind": "ssh_password", "username": "audit", "password": "quietfox8"},
    ):
        assert admin.post("/discovery/credentials", data=sent | common).status_code == 303
    page = admin.get(f"/discovery/networks/{network_id}/plan").text
    rows = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in re.findall(r"<tr.*?</tr>", page, re.S)]
    said = [" ".join(row) for row in rows]
    steps = [
        "1 Ask SNMPv3 who it is, UDP 161 –",
        "2 Read over SNMPv3, UDP 161 safest",
        "3 Read over SNMPv2c, UDP 161 read only",
        "4 Sign in over SSH with a password, TCP 22, only to a pinned host key audit",
    ]
    assert re.findall(r"<h2>(10[^<]+)</h2>", page) == ["10.0.0.0", "10.0.0.2 – 10.0.0.3"]
    assert [one for one in said if one[:1].isdigit() and not one.startswith("10.")] == [*steps, *steps]
    assert [one for one in said if one.startswith("10.0.0.1")] == ["10.0.0.1 1 this network never touches it"]
    assert "at most 500 a second. No subnet gets more than 150 questions a second." in page
    assert "quietfox" not in page


def test_names_of_networks_credentials_and_schedules_stand_once(admin, work):
    with work():
        network_id = NetworkFactory(organization_id=only(admin.actor.organization_ids)).id
    for address, sent in (
        ("/discovery/networks", NETWORK),
        ("/discovery/credentials", {"name": "ops", "kind": "snmp_community", "secret": "abcdefgh"}),
        ("/discovery/schedules", {"name": "Night", "cron": "0 3 * * *", "network_ids": network_id}),
    ):
        assert admin.post(address, data=sent).status_code == 303
        again = admin.post(address, data=sent)
        assert (again.status_code, "There is one of this name already." in again.text) == (422, True), address


def test_weak_protocols_must_be_asked_for(admin):
    sent = {"name": "old", "kind": "snmp_user", "username": "ops", "auth_protocol": "MD5", "auth_secret": "longenough1"}
    assert admin.post("/discovery/credentials", data=sent).status_code == 422
    assert admin.post("/discovery/credentials", data=sent | {"allow_weak": "1"}).status_code == 303


@pytest.fixture
def swept(work, admin):
    with work() as unit:
        network = NetworkFactory(organization_id=only(admin.actor.organization_ids))
        sweep = Sweep(
            organization_id=network.organization_id, network_ids=[network.id], state=SweepState.RUNNING, started_at=NOON
        )
        sweep.heartbeat_at = NOON
        unit.session.add(sweep)
        unit.session.flush()
        take(network, report(serial=None, macs=("3c:52:82:00:00:01", "3c:52:82:00:00:02")), sweep_id=sweep.id)
        take(
            network,
            report(address="10.0.0.9", serial=None, name="<b>x</b>", macs=("3c:52:82:00:00:02",)),
            sweep_id=sweep.id,
        )
        unit.session.add(
            HostKey(
                network_id=network.id,
                address="10.0.0.1",
                algorithm="ssh-ed25519",
                fingerprint="SHA256:abc",
                state=HostKeyState.OFFERED,
            )
        )
        return sweep.id


def test_the_page_of_a_running_sweep_is_live_and_cheap(admin, swept):
    page = admin.get(f"/discovery/sweeps/{swept}")
    assert (page.status_code, "sw-1" in page.text, 'hx-trigger="every 1s"' in page.text) == (200, True, True)
    block = admin.htmx(f"/discovery/sweeps/{swept}", "sweep_live")
    assert (block.text.lstrip().startswith("<!doctype"), "sw-1" in block.text) == (False, True)
    again = admin.get(f"/discovery/sweeps/{swept}", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")


def test_every_page_opens_and_device_text_is_escaped(admin, swept, reading):
    with reading() as session:
        sightings = session.scalars(select(Sighting.id)).all()
    paths = [
        "",
        "/undecided",
        "/host-keys",
        "/schedules",
        "/schedules/new",
        "/credentials",
        "/networks/new",
        *(f"/sightings/{i}" for i in sightings),
    ]
    paths += [f"/credentials/new?kind={kind}" for kind in ("snmp_user", "snmp_community", "ssh_key", "ssh_password")]
    paths += [f"/sweeps/{swept}?result={word}" for word in ("new", "vanished", "undecided", "nonsense")]
    for path in paths:
        page = admin.get(f"/discovery{path}")
        assert (page.status_code, "<b>x</b>" in page.text) == (200, False), path


def test_a_person_decides_which_asset_it_is(admin, swept, reading):
    with reading() as session:
        match = only(session.scalars(select(Match).where(Match.state == MatchState.UNDECIDED)))
        asset_id = only(session.scalars(select(Asset.id)))
    assert admin.post(f"/discovery/undecided/{match.id}/decision", data={"choice": asset_id}).status_code == 303
    assert admin.post(f"/discovery/undecided/{match.id}/decision", data={"choice": "new"}).status_code == 409
    with reading() as session:
        assert session.get_one(Match, match.id).asset_id == asset_id
        assert session.get_one(Asset, asset_id).name == "<b>x</b>"


def test_host_keys_are_approved_one_by_one_or_all_at_first_contact(admin, swept, work, reading):
    assert admin.post("/discovery/host-keys/approvals").status_code == 303
    with work() as unit:
        row = only(unit.session.scalars(select(HostKey)))
        assert row.state is HostKeyState.PINNED
        row.state = HostKeyState.CHANGED
        key_id = row.id
    admin.post("/discovery/host-keys/approvals")
    with reading() as session:
        assert session.get_one(HostKey, key_id).state is HostKeyState.CHANGED


def test_a_schedule_starts_a_sweep_when_it_is_due_and_only_once(admin, app, clock, work, reading):
    with work():
        network_id = NetworkFactory(organization_id=only(admin.actor.organization_ids)).id
    sent = {"name": "Noon", "network_ids": network_id, "cron": "15 12 * * *", "time_zone": "UTC", "enabled": "1"}
    assert admin.post("/discovery/schedules", data=sent).status_code == 303
    assert admin.post("/discovery/schedules", data=sent | {"name": "bad", "cron": "never"}).status_code == 422
    for minutes in (0, 16, 17):
        clock.moment = NOON.replace(minute=minutes)
        with app.app_context():
            start_due_sweeps(clock.now())
    with reading() as session:
        schedule = only(session.scalars(select(Schedule)))
        assert only(session.scalars(select(Sweep.id))) == schedule.last_sweep_id
        assert schedule.next_at == NOON.replace(day=24, minute=15)


RHYTHM = {"beat": "weekly", "at": "19:15", "days": ["0", "3"], "time_zone": "Europe/Berlin"}


def test_a_schedule_is_made_up_in_words_changed_and_removed(admin, work, reading):
    with work():
        network_id = NetworkFactory(organization_id=only(admin.actor.organization_ids)).id
    sent = {"name": "Evenings", "network_ids": network_id, "enabled": "1", **RHYTHM}
    assert admin.post("/discovery/schedules", data=sent).status_code == 303
    with reading() as session:
        schedule = only(session.scalars(select(Schedule)))
        assert (schedule.cron, schedule.next_at) == ("15 19 * * 1,4", NOON.replace(hour=18, minute=15))
    assert "Every Monday and Thursday at 19:15" in admin.get("/discovery/schedules").text
    page = admin.get(f"/discovery/schedules/{schedule.id}").text
    assert re.findall(r'value="(\w+)" checked', page) == [str(network_id), "weekly", "0", "3", "1"]
    hourly = sent | {"beat": "hourly", "every": "6", "minute": "5", "version": "1"}
    assert admin.post(f"/discovery/schedules/{schedule.id}", data=hourly).status_code == 303
    assert admin.post(f"/discovery/schedules/{schedule.id}", data=sent | {"version": "1"}).status_code == 409
    with reading() as session:
        assert only(session.scalars(select(Schedule.cron))) == "5 */6 * * *"
    assert admin.post(f"/discovery/schedules/{schedule.id}/removal").status_code == 303
    with reading() as session:
        assert session.scalars(select(Schedule.id)).all() == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"beat": "weekly", "at": "19:15"}, "f-days"),
        ({"beat": "daily", "at": "7 pm"}, "f-at"),
        ({"beat": "monthly", "at": "19:15", "day": "31"}, "f-day"),
        ({"beat": "hourly", "every": "5"}, "f-every"),
        ({"beat": "hourly", "minute": "60"}, "f-minute"),
        ({"beat": "own", "cron": "0 2 30 2 *"}, "f-cron"),
        ({"beat": "own", "cron": ""}, "f-cron"),
        ({"beat": "daily", "at": "19:15", "network_ids": ""}, "f-network_ids"),
        ({"beat": "daily", "at": "19:15", "time_zone": "Moon/Base"}, "f-time_zone"),
    ],
)
def test_a_schedule_says_what_it_lacks(admin, work, said, field):
    with work():
        network_id = NetworkFactory(organization_id=only(admin.actor.organization_ids)).id
    refused = admin.post("/discovery/schedules", data={"name": "x", "network_ids": network_id, **said})
    assert (refused.status_code, f'href="#{field}"' in refused.text) == (422, True)


def test_what_a_schedule_will_do_is_shown_before_it_is_stored(admin, work, reading):
    with work():
        night = [{"days": [0, 1, 2, 3, 4, 5, 6], "from": "22:00", "to": "04:00"}]
        network_id = NetworkFactory(organization_id=only(admin.actor.organization_ids), windows=night).id
    sent = {"name": "", "network_ids": network_id, **RHYTHM}
    alone = {"HX-Request": "true", "HX-Target": "div#schedule_preview"}
    shown = admin.post("/discovery/schedules/preview", data=sent, headers=alone).text
    assert "Every Monday and Thursday at 19:15" in shown
    assert re.findall(r'<time datetime="([^+]+)', shown) == [
        "2026-11-23T18:15:00",
        "2026-11-26T18:15:00",
        "2026-11-30T18:15:00",
        "2026-11-23T22:00:00",  # the window that the first of them waits for
    ]
    assert "<html" in admin.post("/discovery/schedules/preview", data=sent).text
    assert "<time" not in admin.post("/discovery/schedules/preview", data={"beat": "weekly"}, headers=alone).text
    with reading() as session:
        assert session.scalars(select(Schedule.id)).all() == []


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.BUYER])
def test_others_are_refused(sign_in, swept, role):
    browser = sign_in(role)
    assert browser.get("/discovery").status_code == 403
    assert browser.get(f"/discovery/sweeps/{swept}").status_code == 403


def test_a_technician_of_another_organization_sees_nothing(sign_in, work, swept):
    with work():
        other = NetworkFactory().organization_id
    browser = sign_in(Role.TECHNICIAN, organization=other)
    assert browser.get(f"/discovery/sweeps/{swept}").status_code == 404
    assert browser.post(f"/discovery/sweeps/{swept}/cancellation").status_code == 404

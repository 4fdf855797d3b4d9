"""Sealed columns in the database: found by their mark, resealed by rotation, refused without the key."""

import pytest
from sqlalchemy import select, text

from itsm.discovery.enums import CredentialKind
from itsm.discovery.models import Credential
from itsm.infra import sealing
from itsm.infra.secrets import KeyMissing, SealBroken, add_key
from tests.factories.org import OrganizationFactory


@pytest.fixture
def key_file(app):
    path = app.extensions["itsm.settings"].sealing_key_file
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def keep(work, secret: str) -> int:
    """Keep a credential with a sealed secret, as a service does: flush for the id, then seal to it."""
    with work() as unit:
        organization = OrganizationFactory()
        row = Credential(
            organization_id=organization.id, name=secret, kind=next(iter(CredentialKind)), options={}, sealed=""
        )
        unit.session.add(row)
        unit.session.flush()
        row.sealed = sealing.key_ring().seal(secret, place=sealing.place(row, "sealed"))
        return row.id


def opened(reading, number: int) -> str:
    with reading() as session:
        row = session.get_one(Credential, number)
        return sealing.key_ring().open(row.sealed, place=sealing.place(row, "sealed"))


def test_the_marked_columns_are_found() -> None:
    found = {(table.name, column.name) for table, column in sealing.sealed_columns()}
    assert found == {("credential", "sealed"), ("house_key", "sealed")}


def test_a_sealed_secret_is_nowhere_in_the_database(app, work, reading, key_file) -> None:
    number = keep(work, "hunter2 secret")
    assert opened(reading, number) == "hunter2 secret"
    with reading() as session:
        stored = session.scalar(text("SELECT sealed FROM credential"))
        assert stored.startswith("v1.")
        journal = session.execute(text("SELECT detail FROM journal_row WHERE subject_type = 'credential'")).all()
        assert "v1." not in repr(journal)


def test_rows_swapped_in_the_database_do_not_open(app, work, reading, key_file) -> None:
    one, two = keep(work, "first"), keep(work, "second")
    with work() as unit:
        values = dict(unit.session.execute(select(Credential.id, Credential.sealed)).all())
        for number, other in ((one, two), (two, one)):
            unit.session.execute(
                text("UPDATE credential SET sealed = :s WHERE id = :i"), {"s": values[other], "i": number}
            )
    with pytest.raises(SealBroken):
        opened(reading, one)
    with reading() as session:
        assert len(sealing.unopenable(session, sealing.key_ring())) == 2


def test_rotation_seals_all_anew_and_is_noticed_without_a_restart(app, work, reading, key_file) -> None:
    numbers = {secret: keep(work, secret) for secret in ("a secret", "b secret", "c secret")}
    added = add_key(key_file)
    with work() as unit:
        assert sealing.key_ring().newest == added
        assert sealing.reseal_all(unit.session, sealing.key_ring()) == 3
    with work() as unit:
        assert sealing.reseal_all(unit.session, sealing.key_ring()) == 0
    # The old key can go now.
    key_file.write_text(key_file.read_text().splitlines()[-1])
    assert {secret: opened(reading, number) for secret, number in numbers.items()} == {s: s for s in numbers}
    with reading() as session:
        assert sealing.unopenable(session, sealing.key_ring()) == []


def test_a_lost_key_file_is_refused_and_not_replaced(app, work, reading, key_file) -> None:
    number = keep(work, "kept")
    key_file.rename(key_file.with_suffix(".backup"))
    for _ in range(2):
        with pytest.raises(KeyMissing, match="Put the key file back from your backup"):
            opened(reading, number)
    with pytest.raises(KeyMissing):
        keep(work, "new")
    assert not key_file.exists()
    key_file.with_suffix(".backup").rename(key_file)
    assert opened(reading, number) == "kept"

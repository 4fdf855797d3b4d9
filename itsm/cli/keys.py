"""``itsm keys``: change the keys that seal credentials, and see that everything sealed opens."""

from __future__ import annotations

import sys

import click

from itsm.cli.application import running
from itsm.infra.db import db
from itsm.infra.sealing import key_ring, reseal_all, unopenable
from itsm.infra.secrets import SecretsError, add_key
from itsm.infra.settings import Settings
from itsm.infra.unit import record, transaction
from itsm.kernel.actor import Actor, Door


@click.group()
def keys() -> None:
    """The keys that seal credentials."""


@keys.command()
def check() -> None:
    """Open every sealed value with the keys at hand; exit status 1 where one does not open."""
    with running():
        try:
            shut = unopenable(db.session(), key_ring())
        except SecretsError as error:
            shut = [str(error)]
    for sentence in shut:
        click.echo(sentence, err=True)
    if shut:
        sys.exit(1)
    click.echo("Everything sealed opens.")


@keys.command()
def rotate() -> None:
    """Add a new key and seal everything with it. Run it again if it was interrupted; old keys stay in the file."""
    with running() as app:
        settings: Settings = app.extensions["itsm.settings"]
        try:
            if settings.sealing_keys:
                raise SecretsError("The keys come from ITSM_SEALING_KEYS. Add a new one there, at the end.")
            key_ring()
            added = add_key(settings.sealing_key_file)
            with transaction(Actor.house(Door.CLI)) as unit:
                changed = reseal_all(unit.session, key_ring())
                record("rotated", "sealing_key", str(added), resealed=changed)
        except SecretsError as error:
            click.echo(f"Nothing was sealed anew: {error}", err=True)
            sys.exit(1)
    click.echo(f"Key {added} seals from now on; {changed} values were sealed anew. Copy the key file to your backup.")

"""Taking files in, giving them to their owner, and sweeping out what nobody claimed.

A door first calls `receive` for each file, outside any transaction: when it returns, the file is on the disk for
good. Then, inside the transaction, `add` makes the row; `claim` (for uploads that were sent ahead by the page) or
`attach` gives it to its owner. A crash in between leaves a file without a row, which is swept out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO

from flask import current_app
from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload

from itsm.attachments.models import Attachment, StoredFile
from itsm.attachments.owners import Owner, current_owners
from itsm.attachments.policies import POLICY, AttachmentPermission
from itsm.attachments.rules.names import file_name
from itsm.infra.files import FileStore
from itsm.infra.files import StoredFile as FileOnDisk
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, NotFound
from itsm.kernel.policy import allowed, require
from itsm.kernel.text import phrase

MOST_FILES = 20
UNCLAIMED_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is on the disk, and the name it came with."""

    file: FileOnDisk
    name: str


def file_store() -> FileStore:
    """Return the application's file store."""
    store: FileStore = current_app.extensions["itsm.files"]
    return store


def receive(files: Sequence[tuple[str, IO[bytes]]]) -> list[Upload]:
    """Keep uploaded files (name, content) durably; empty ones without a name, as browsers send them, are skipped.

    Call it before the transaction. Raises Invalid for too many, FileTooLarge and StoreFull.
    """
    real = [(name, stream) for name, stream in files if name or _holds_anything(stream)]
    if len(real) > MOST_FILES:
        raise Invalid({"files": phrase("At most %(most_files)s files can be sent at once.", most_files=MOST_FILES)})
    return [Upload(file_store().save(stream), file_name(name)) for name, stream in real]


def add(actor: Actor, upload: Upload, *, now: datetime) -> Attachment:
    """Make an attachment that waits for its owner; only its uploader sees it."""
    require(POLICY, actor, AttachmentPermission.UPLOAD)
    return _added(actor, upload, None, now)


def attach(actor: Actor, upload: Upload, owner: Owner, *, now: datetime) -> Attachment:
    """Make an attachment of an owner. The caller has checked that the actor may write there."""
    return _added(actor, upload, _known(owner), now)


def claim(actor: Actor, ids: Sequence[int], owner: Owner) -> list[Attachment]:
    """Give uploads of this actor to an owner, in one statement's order; done twice it changes nothing.

    Raises NotFound when one of them is not his, or belongs to something else.
    """
    _known(owner)
    wanted = set(ids)
    if len(wanted) > MOST_FILES:
        raise Invalid({"files": phrase("At most %(most_files)s files can be sent at once.", most_files=MOST_FILES)})
    session = current_unit().session
    statement = select(Attachment).options(joinedload(Attachment.file)).where(Attachment.id.in_(wanted))
    found: Sequence[Attachment] = []
    if all(0 < number < 2**63 for number in wanted):
        found = session.scalars(statement.order_by(Attachment.id).with_for_update(of=Attachment)).all()
    if len(found) != len(wanted):
        raise NotFound("An attached file is gone. Please attach it again.")
    for attachment in found:
        if (attachment.owner_kind, attachment.owner_id) == (owner.kind, owner.id):
            continue
        if not allowed(POLICY, actor, AttachmentPermission.CLAIM, attachment):
            raise NotFound("An attached file is gone. Please attach it again.")
        attachment.owner_kind, attachment.owner_id = owner.kind, owner.id
    return list(found)


def sweep_out(*, now: datetime) -> int:
    """Delete uploads that nobody claimed in a week and rows of files that nothing refers to; return how many."""
    session = current_unit().session
    old = Attachment.owner_kind.is_(None), Attachment.created_at < now - UNCLAIMED_FOR
    forgotten = session.scalars(select(Attachment).where(*old).limit(1000)).all()
    for attachment in forgotten:
        session.delete(attachment)
    session.flush()
    used = exists().where(Attachment.sha256 == StoredFile.sha256)
    session.execute(delete(StoredFile).where(~used, StoredFile.stored_at < now - UNCLAIMED_FOR))
    return len(forgotten)


def _holds_anything(stream: IO[bytes]) -> bool:
    first = stream.read(1)
    stream.seek(0)
    return bool(first)


def _known(owner: Owner) -> Owner:
    if not current_owners().knows(owner.kind):
        raise LookupError(f"no room answers for attachments of {owner.kind!r}")
    return owner


def _added(actor: Actor, upload: Upload, owner: Owner | None, now: datetime) -> Attachment:
    session = current_unit().session
    kind = session.get_bind().dialect.name
    row = {
        "sha256": upload.file.sha256,
        "size": upload.file.size,
        "media_type": upload.file.media_type,
        "stored_at": now,
    }
    # Two people may send the same file at the same moment.
    if kind == "postgresql":
        session.execute(postgresql.insert(StoredFile).values(row).on_conflict_do_nothing())
    else:
        session.execute(sqlite.insert(StoredFile).values(row).on_conflict_do_nothing())
    attachment = Attachment(
        sha256=upload.file.sha256,
        name=upload.name,
        owner_kind=owner.kind if owner else None,
        owner_id=owner.id if owner else None,
        uploaded_by_id=actor.user_id,
        file=session.get_one(StoredFile, upload.file.sha256),
    )
    session.add(attachment)
    session.flush()
    return attachment

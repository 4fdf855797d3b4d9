"""Reading attachments."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from itsm.attachments.models import Attachment, StoredFile
from itsm.attachments.owners import Owner
from itsm.attachments.policies import POLICY, AttachmentPermission
from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.policy import allowed


def get_attachment(actor: Actor, attachment_id: int) -> Attachment:
    """Return an attachment with its file; raises NotFound where there is none that the actor may read."""
    wanted = select(Attachment).options(joinedload(Attachment.file)).where(Attachment.id == attachment_id)
    found = db.session.scalars(wanted).one_or_none()
    if found is None or not allowed(POLICY, actor, AttachmentPermission.READ, found):
        raise NotFound()
    return found


def attachments_of(kind: str, ids: Collection[int]) -> dict[int, list[Attachment]]:
    """Return the attachments of several owners of one kind in one statement, oldest first, by owner id.

    The caller has shown already that the actor may read these owners.
    """
    found: dict[int, list[Attachment]] = {}
    if not ids:
        return found
    wanted = (
        select(Attachment)
        .options(joinedload(Attachment.file))
        .where(Attachment.owner_kind == kind, Attachment.owner_id.in_(ids))
        .order_by(Attachment.id)
    )
    for attachment in db.session.scalars(wanted):
        found.setdefault(int(attachment.owner_id or 0), []).append(attachment)
    return found


def attachments_of_one(owner: Owner) -> list[Attachment]:
    """Return the attachments of one owner, oldest first."""
    return attachments_of(owner.kind, [owner.id]).get(owner.id, [])


def stored_names() -> set[str]:
    """Return the names of all files that rows refer to."""
    return set(db.session.scalars(select(StoredFile.sha256)))

"""Who may do what with attachments. Reading is decided by the owner's room."""

from __future__ import annotations

from enum import StrEnum

from itsm.attachments.models import Attachment
from itsm.attachments.owners import Owner, current_owners
from itsm.kernel.actor import Actor
from itsm.kernel.policy import Policy, is_signed_in


class AttachmentPermission(StrEnum):
    """The rights there are."""

    UPLOAD = "attachment:upload"
    READ = "attachment:read"
    CLAIM = "attachment:claim"


def is_unclaimed(_actor: Actor, attachment: Attachment) -> bool:
    """The upload still waits for its form."""
    return attachment.owner_kind is None


def is_uploader(actor: Actor, attachment: Attachment) -> bool:
    """The actor uploaded it himself."""
    return actor.user_id is not None and attachment.uploaded_by_id == actor.user_id


def is_reader_of_owner(actor: Actor, attachment: Attachment) -> bool:
    """The room that owns it lets the actor read what it belongs to."""
    if attachment.owner_kind is None or attachment.owner_id is None:
        return False
    return current_owners().may_read(actor, Owner(attachment.owner_kind, attachment.owner_id))


POLICY: Policy = {
    AttachmentPermission.UPLOAD: [[is_signed_in]],
    AttachmentPermission.READ: [[is_unclaimed, is_uploader], [is_reader_of_owner]],
    AttachmentPermission.CLAIM: [[is_unclaimed, is_uploader]],
}

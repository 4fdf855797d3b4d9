"""Files that come with what is said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import request, url_for

from itsm.attachments.owners import Owner
from itsm.attachments.services.uploads import Upload, attach, receive
from itsm.infra.files import FileStoreError
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.tickets.queries.files import ENTRY


def received(field: str = "files") -> list[Upload]:
    """Keep this request's files durably, before any transaction. Raises Invalid with the reason for one refused."""
    try:
        return receive([(sent.filename or "", sent.stream) for sent in request.files.getlist(field)])
    except FileStoreError as error:
        raise Invalid({"files": str(error)}) from error


def hang_on(actor: Actor, uploads: list[Upload], entry_id: int, *, now: datetime) -> None:
    """Give received files to an entry that the actor has just written."""
    for upload in uploads:
        attach(actor, upload, Owner(ENTRY, entry_id), now=now)


def links_of(attachments: Iterable[Any]) -> list[dict[str, Any]]:
    """Return an entry's files as the timeline shows them."""
    return [
        {
            "name": attachment.name,
            "href": url_for("attachments.download", attachment_id=attachment.id),
            "size": attachment.file.size,
            "thumbnail": url_for("attachments.picture", attachment_id=attachment.id, size="thumbnail")
            if attachment.is_picture
            else "",
        }
        for attachment in attachments
    ]

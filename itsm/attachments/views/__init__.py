"""The doors: upload ahead of a form, download, preview."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify, make_response, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from itsm.attachments import queries
from itsm.attachments.models import Attachment
from itsm.attachments.services import uploads
from itsm.attachments.services.previews import preview_of
from itsm.infra.unit import transaction
from itsm.kernel.errors import Invalid
from itsm.web import gate
from itsm.web.identity import current_actor

bp = Blueprint("attachments", __name__, url_prefix="/attachments")
# Even where a browser is talked into showing it, it is a page without rights, without scripts, of no origin.
_POLICY = "default-src 'none'; sandbox"


@bp.post("")
@gate.signed_in
def upload() -> ResponseReturnValue:
    """Keep files that a page sends ahead of its form (dropped, pasted); the form then names their ids.

    An upload sent twice is two uploads; the one that no form names is swept out after a week.
    """
    actor = current_actor()
    sent = [(file.filename or "", file.stream) for file in request.files.getlist("files")]
    received = uploads.receive(sent)
    if not received:
        raise Invalid({"files": "No file came along. Choose one and try again."})
    with transaction(actor) as unit:
        added = [uploads.add(actor, one, now=unit.now) for one in received]
    return jsonify(attachments=[_described(attachment) for attachment in added]), 201


@bp.get("/<int:attachment_id>")
@gate.signed_in
def download(attachment_id: int) -> ResponseReturnValue:
    """Give the file as it came, to be saved, never shown."""
    attachment = queries.get_attachment(current_actor(), attachment_id)
    with uploads.file_store().open(attachment.sha256) as file:
        path = file.name
    response = send_file(
        path,
        mimetype=attachment.file.media_type,
        as_attachment=True,
        download_name=attachment.name,
        etag=attachment.sha256,
        last_modified=None,
    )
    return _walled(response)


@bp.get("/<int:attachment_id>/<any(thumbnail, large):size>")
@gate.signed_in
def picture(attachment_id: int, size: str) -> ResponseReturnValue:
    """Show a picture that was decoded and encoded again."""
    attachment = queries.get_attachment(current_actor(), attachment_id)
    content, media_type = preview_of(attachment, size)
    response = make_response(content)
    response.mimetype = media_type
    response.set_etag(f"{attachment.sha256}-{size}")
    return _walled(response.make_conditional(request))


def _walled(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # Kept by this browser only, and asked for again each time: rights may have changed.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _described(attachment: Attachment) -> dict[str, Any]:
    link: Callable[..., str] = url_for
    return {
        "id": attachment.id,
        "name": attachment.name,
        "size": attachment.file.size,
        "media_type": attachment.file.media_type,
        "url": link("attachments.download", attachment_id=attachment.id),
        "thumbnail": link("attachments.picture", attachment_id=attachment.id, size="thumbnail")
        if attachment.is_picture
        else None,
    }

"""The nouns of attachments."""

from itsm.attachments.models.attachment import Attachment
from itsm.attachments.models.stored_file import StoredFile

__all__ = ["Attachment", "StoredFile"]

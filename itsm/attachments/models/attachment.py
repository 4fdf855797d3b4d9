"""A file under the name its uploader gave it, belonging to one owner."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itsm.attachments.models.stored_file import StoredFile
from itsm.infra.db import Base, Id, Stamped
from itsm.infra.media import RASTER_FORMATS


class Attachment(Stamped, Base):
    """A file that somebody gave. Without owner it is an upload that waits for its form to be sent."""

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("(owner_kind IS NULL) = (owner_id IS NULL)", name="whole_owner"),
        Index(None, "owner_kind", "owner_id"),
    )
    __journal__ = "attachment"

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    owner_kind: Mapped[str | None] = mapped_column(String(40))
    owner_id: Mapped[int | None]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)

    file: Mapped[StoredFile] = relationship(lazy="raise_on_sql")

    @property
    def label(self) -> str:
        """Return the file's name."""
        return self.name

    @property
    def is_picture(self) -> bool:
        """Say whether a preview can be shown."""
        return self.file.media_type in RASTER_FORMATS

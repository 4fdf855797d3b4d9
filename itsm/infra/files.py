"""Files on disk, named by their SHA-256, durable before anybody is told that they are kept.

The protocol: write to a temporary file, fsync it, rename it to its name, fsync the folders, and only then
return; the caller commits the row after that. A crash at any moment leaves the whole file or nothing but a
temporary one, which `collect` removes. Unreferenced files are collected later, never inside a request.

Layout under the root: ``objects/<first two digits>/<sha256>``, ``incoming/`` for temporary files, ``lock``.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BufferedReader
from pathlib import Path
from typing import IO

from itsm.infra.media import sniff
from itsm.kernel.errors import Refusal

_CHUNK = 1 << 18
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FileStoreError(Refusal):
    """Base of the reasons why a file was not kept or cannot be read."""


class FileTooLarge(FileStoreError):
    """The file is larger than allowed; nothing of it was kept."""

    status = 413
    title = "The file is too large"


class StoreFull(FileStoreError):
    """The disk has no room for the file; nothing of it was kept."""

    status = 503
    title = "The disk is full"


class FileMissing(FileStoreError):
    """No file is stored under this name."""

    status = 404
    title = "The file is missing"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is on the disk for good: its name, its size in bytes, its sniffed media type."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class StoreReport:
    """What a check of the whole store found, each a sorted list of names."""

    whole: int
    damaged: list[str]
    missing: list[str]
    orphans: list[str]
    leftovers: list[str]


class FileStore:
    """Files by content under one folder; several processes may use it at the same time."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        """Open the store, making its folders durably where they are absent."""
        self.root, self.max_bytes = root, max_bytes
        self._objects, self._incoming = root / "objects", root / "incoming"
        for folder in (root, self._objects, self._incoming):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sync_folder(folder.parent)

    def save(self, stream: IO[bytes], *, limit: int | None = None) -> StoredFile:
        """Keep everything the stream holds; when this returns, a power cut does not lose it.

        Raises FileTooLarge beyond `limit` bytes (never above the store's own bound), and StoreFull.
        """
        draft = self._incoming / secrets.token_hex(16)
        try:
            sha256, size = self._write(draft, stream, min(limit or self.max_bytes, self.max_bytes))
            media_type = sniff(draft)
            self._settle(draft, sha256)
        except OSError as error:
            if error.errno in _FULL:
                raise StoreFull("The server's disk is full, so the file was not kept. Try again later.") from error
            raise
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
        return StoredFile(sha256, size, media_type)

    def open(self, sha256: str) -> BufferedReader:
        """Return the file, opened for reading; raises FileMissing."""
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError:
            raise FileMissing(f"The file {sha256[:12]}… is not in the store.") from None

    def path(self, sha256: str) -> Path:
        """Return where a file of this name lies; raises FileMissing for what is no name."""
        if not _SHA256.fullmatch(sha256):
            raise FileMissing("This is not the name of a stored file.")
        return self._objects / sha256[:2] / sha256

    def names(self) -> Iterator[str]:
        """Yield the name of every stored file."""
        for path in self._objects.glob("??/*"):
            yield path.name

    def verify(self, referenced: Collection[str] = ()) -> StoreReport:
        """Read every file again and compare it with its name, and all names with those referenced."""
        wanted, present = set(referenced), set(self.names())
        damaged = sorted(name for name in present if not self._is_whole(name))
        return StoreReport(
            whole=len(present) - len(damaged),
            damaged=damaged,
            missing=sorted(wanted - present),
            orphans=sorted(present - wanted),
            leftovers=sorted(path.name for path in self._incoming.iterdir()),
        )

    def collect(self, is_referenced: Callable[[str], bool], *, older_than: timedelta) -> list[str]:
        """Delete files that nobody references, and old temporary ones; return the names deleted.

        Saving a file again renews its age, and `older_than` must exceed the longest transaction: so a file
        whose row is about to be committed is never taken.
        """
        if older_than <= timedelta(0):
            raise ValueError("A file must have an age before it may be collected.")
        cutoff = time.time() - older_than.total_seconds()
        gone = []
        for path in (*self._objects.glob("??/*"), *self._incoming.iterdir()):
            if _age_mark(path) > cutoff or (path.parent != self._incoming and is_referenced(path.name)):
                continue
            with self._locked(fcntl.LOCK_EX):
                if _age_mark(path) <= cutoff:
                    path.unlink(missing_ok=True)
                    gone.append(path.name)
        return gone

    def _write(self, draft: Path, stream: IO[bytes], limit: int) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise FileTooLarge(f"The file is larger than {limit / 1_000_000:g} MB and was not kept.")
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        return digest.hexdigest(), size

    def _settle(self, draft: Path, sha256: str) -> None:
        """Give the whole, synced draft its name, also over an older copy, which heals a damaged one."""
        target = self.path(sha256)
        with self._locked(fcntl.LOCK_SH):
            target.parent.mkdir(exist_ok=True, mode=0o700)
            draft.replace(target)
            _sync_folder(target.parent)
            # Another process may have made the folder a moment ago and not have synced it yet.
            _sync_folder(self._objects)

    def _is_whole(self, sha256: str) -> bool:
        with contextlib.suppress(FileStoreError, OSError), self.open(sha256) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        return False

    @contextlib.contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Hold the store's lock: shared to settle a file, exclusive to delete one."""
        handle = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, how)
            yield
        finally:
            os.close(handle)


def _age_mark(path: Path) -> float:
    """Return when the file was last written; a vanished one counts as brand new."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

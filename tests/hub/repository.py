"""A repository of the Hub, in memory or on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class File:
    """One file of a repository; `oid` is its git blob id, which is also its ETag."""

    content: bytes | Path
    size: int
    oid: str

    @classmethod
    def of(cls, content: bytes | Path) -> File:
        data = content.read_bytes() if isinstance(content, Path) else content
        return cls(content, len(data), hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest())

    def read(self, start: int, stop: int) -> bytes:
        if isinstance(self.content, bytes):
            return self.content[start:stop]
        with self.content.open("rb") as source:
            source.seek(start)
            return source.read(stop - start)


class Repository:
    """A repository at its only revision."""

    def __init__(self, repo_id: str, files: Mapping[str, bytes | Path]) -> None:
        self.id = repo_id
        self.files = {path: File.of(content) for path, content in sorted(files.items())}
        listing = "".join(f"{path} {file.oid}\n" for path, file in self.files.items())
        self.sha = hashlib.sha1(f"{repo_id}\n{listing}".encode()).hexdigest()
        folders = {str(parent) for path in self.files for parent in Path(path).parents} - {"."}
        self.entries: dict[str, dict[str, Any]] = {
            path: {"type": "directory", "path": path, "size": 0, "oid": hashlib.sha1(path.encode()).hexdigest()}
            for path in folders
        } | {path: {"type": "file", "path": path, "size": f.size, "oid": f.oid} for path, f in self.files.items()}

    def info(self) -> dict[str, Any]:
        siblings = [{"rfilename": path, "size": f.size, "blobId": f.oid} for path, f in self.files.items()]
        return {"id": self.id, "sha": self.sha, "private": False, "gated": False, "tags": [], "siblings": siblings}

    def tree(self, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
        """Entries below `folder` ("" is the root): all of them, or only those directly in it."""
        inside = [path for path in sorted(self.entries) if path.startswith(f"{folder}/" if folder else "")]
        depth = len(Path(folder).parts) + 1
        return [self.entries[path] for path in inside if recursive or len(Path(path).parts) == depth]

"""The journal of a run: `events.jsonl`, a header and then one JSON object per event.

Writes are not buffered, so a process that is killed loses no event. A line that cannot be parsed is skipped; an
incomplete last line is removed before anything is appended.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from nbtrain.errors import RunError
from nbtrain.events import Event
from nbtrain.events.codec import from_json, to_json

FILE_NAME = "events.jsonl"
VERSION = 1


@dataclass(frozen=True)
class Header:
    """First line of a journal: the run ID, and when the run started (seconds since 1970)."""

    run: str
    began: float


class Journal:
    """Appends the events of one run to its journal.

    Args:
        directory: The run directory; it must exist.
        run: Run ID, for the header of a new journal.
        began: When the run started, in seconds since 1970, for the header of a new journal; None means now.

    Raises:
        OSError: The file cannot be written.
    """

    def __init__(self, directory: Path, run: str, began: float | None = None) -> None:
        self.path = directory / FILE_NAME
        self._is_incomplete = False
        _remove_incomplete_line(self.path)
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        _lock(self._file)
        if self.path.stat().st_size == 0:
            header = {
                "type": "journal",
                "version": VERSION,
                "run": run,
                "began": began if began is not None else time.time(),
            }
            os.write(self._file, (json.dumps(header) + "\n").encode())

    def append(self, event: Event) -> bool:
        """Write `event`.

        Returns:
            Whether the whole line was written. On a full disk it may be only a part of it; the next event then starts a
            new line.

        Raises:
            OSError: Nothing could be written.
        """
        data = f"{to_json(event)}\n".encode()
        if self._is_incomplete:
            data = b"\n" + data
        written = os.write(self._file, data)
        is_whole = written == len(data)
        self._is_incomplete = not is_whole
        return is_whole

    def sync(self) -> None:
        """Flush everything to the disk itself (fsync), so that it survives a power failure."""
        os.fsync(self._file)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_header(directory: Path) -> Header:
    """The header of the journal in `directory`.

    Raises:
        RunError: There is no journal, or its first line is not a header of nbtrain.
    """
    path = directory / FILE_NAME
    try:
        with path.open("rb") as lines:
            record = json.loads(lines.readline())
        return Header(run=str(record["run"]), began=float(record["began"]))
    except FileNotFoundError:
        message = f"`{directory}` is not a run directory: it has no `{FILE_NAME}`."
    except (ValueError, KeyError, TypeError):
        message = f"`{path}` is not a journal of nbtrain: its first line is not a valid header."
    raise RunError(message)


def read(directory: Path) -> Iterator[Event]:
    """The events of the run in `directory`, oldest first.

    Raises:
        RunError: There is no valid journal in it.
    """
    run = read_header(directory).run
    with (directory / FILE_NAME).open("rb") as lines:
        for line in lines:
            event = from_json(line, run) if line.endswith(b"\n") else None
            if event is not None:
                yield event


def is_being_written(directory: Path) -> bool:
    """Whether a living process, this one or another, has the journal in `directory` open for writing."""
    try:
        file = os.open(directory / FILE_NAME, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _lock(file, shared=True)
    finally:
        os.close(file)


def _lock(file: int, *, shared: bool = False) -> bool:
    """Lock `file` until it is closed or the process ends.

    Returns:
        False if another open file holds a conflicting lock. True otherwise, and always on Windows, which has no flock.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
    return True


def _remove_incomplete_line(path: Path) -> None:
    """Truncate `path` after its last newline, so that the next event starts a new line."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                file.truncate(start + newline + 1)
                return
            end = start
        file.truncate(0)

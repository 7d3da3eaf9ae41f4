"""The journal survives killed processes and full disks."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nbtrain.errors import RunError
from nbtrain.events import Diagnosed, Phase, journal
from nbtrain.events.codec import to_json
from nbtrain.events.journal import Journal


def names(directory: Path) -> list[str]:
    return [event.name for event in journal.read(directory) if isinstance(event, Phase)]


def test_events_are_read_as_they_were_appended(tmp_path: Path) -> None:
    with Journal(tmp_path, "r1", began=12.5) as log:
        for name in ("a", "b"):
            log.append(Phase(name=name))
    assert journal.read_header(tmp_path) == journal.Header("r1", 12.5)
    assert names(tmp_path) == ["a", "b"]
    assert {event.run for event in journal.read(tmp_path)} == {"r1"}


def test_the_run_id_is_in_the_header_only(tmp_path: Path) -> None:
    with Journal(tmp_path, "a-unique-id") as log:
        log.append(Phase(name="a", run="a-unique-id"))
    assert (tmp_path / journal.FILE_NAME).read_text().count("a-unique-id") == 1


@pytest.mark.parametrize("incomplete", [b'{"type":"phase","na', b"\xff\xfe", b'{"type":"phase","name":"c"}'])
def test_an_incomplete_last_line_is_ignored_and_removed_before_appending(tmp_path: Path, incomplete: bytes) -> None:
    with Journal(tmp_path, "r1") as log:
        log.append(Phase(name="a"))
    with (tmp_path / journal.FILE_NAME).open("ab") as file:
        file.write(incomplete)
    assert names(tmp_path) == ["a"]
    with Journal(tmp_path, "r1") as log:
        log.append(Phase(name="b"))
    assert names(tmp_path) == ["a", "b"]
    assert all(json.loads(line) for line in (tmp_path / journal.FILE_NAME).read_text().splitlines())


def test_a_line_that_cannot_be_parsed_is_skipped(tmp_path: Path) -> None:
    with Journal(tmp_path, "r1") as log:
        log.append(Phase(name="a"))
    with (tmp_path / journal.FILE_NAME).open("ab") as file:
        file.write(b"garbage\n")
    with Journal(tmp_path, "r1") as log:
        log.append(Diagnosed(message="b"))
        log.append(Phase(name="c"))
    assert names(tmp_path) == ["a", "c"]


@pytest.mark.kernel
def test_a_killed_process_has_written_all_its_events(tmp_path: Path) -> None:
    code = """if True:
        import os, sys, pathlib
        from nbtrain.events.journal import Journal
        from nbtrain.events import Phase
        log = Journal(pathlib.Path(sys.argv[1]), "r1")
        for number in range(500):
            log.append(Phase(name=str(number)))
        os.kill(os.getpid(), 9)
    """
    process = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert process.returncode == -signal.SIGKILL
    assert names(tmp_path) == [str(number) for number in range(500)]


@pytest.mark.parametrize(("room", "kept"), [(0.0, []), (0.5, []), (1.0, ["1"]), (1.5, ["1"])], ids=str)
def test_a_disk_that_becomes_full(tmp_path: Path, room: float, kept: list[str]) -> None:
    """With space for some events."""
    resource = pytest.importorskip("resource", reason="Windows has no limit for the size of a file")
    with Journal(tmp_path, "r1") as log:
        limit = log.path.stat().st_size + int(room * len(to_json(Phase(name="1")) + "\n"))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        written = []
        try:
            for name in ("1", "2", "3"):
                with contextlib.suppress(OSError):
                    written += [name] * log.append(Phase(name=name))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert written == kept
        assert log.append(Phase(name="a")) and log.append(Phase(name="b"))
    assert names(tmp_path) == [*kept, "a", "b"]


def test_is_being_written(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="Windows has no flock")
    assert not journal.is_being_written(tmp_path)
    with Journal(tmp_path, "r1"):
        assert journal.is_being_written(tmp_path)
    assert not journal.is_being_written(tmp_path)


def test_a_folder_without_a_valid_journal(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=re.escape(f"`{tmp_path}`")):
        journal.read_header(tmp_path)
    (tmp_path / journal.FILE_NAME).write_text("[1]\n")
    with pytest.raises(RunError, match=re.escape(f"`{tmp_path / journal.FILE_NAME}`")):
        journal.read_header(tmp_path)


def test_a_file_with_only_an_incomplete_line_is_replaced(tmp_path: Path) -> None:
    (tmp_path / journal.FILE_NAME).write_bytes(b'{"type":"jour')
    with Journal(tmp_path, "r2") as log:
        log.append(Phase(name="a"))
        log.sync()
    assert journal.read_header(tmp_path).run == "r2"
    assert os.listdir(tmp_path) == [journal.FILE_NAME]

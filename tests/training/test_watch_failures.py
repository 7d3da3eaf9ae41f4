"""Each part of nbtrain that works while a Trainer is watched fails in turn: the training is that of the plain Trainer,
and what could not be shown or kept is reported once.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbtrain
from nbtrain.engine import facts, hooks
from nbtrain.engine.hooks import Hooks
from nbtrain.engine.outputs import Outputs
from nbtrain.events import run_dir
from nbtrain.events.journal import Journal
from nbtrain.training import session, watched_data
from nbtrain.training.checkpoints import Checkpoints
from nbtrain.training.evaluations import EvaluationStore
from tests.training.linear import make, outcome

pytestmark = pytest.mark.trainer

HOOKS = [name for name in vars(Hooks) if name.startswith("_on_")]

PARTS: list[tuple[Any, str]] = [
    *((Hooks, name) for name in HOOKS),
    (hooks, "num_examples"),
    *((facts, name) for name in ("length", "numbers", "checkpoint_folder")),
    *((session, name) for name in ("write_model", "outputs_of", "columns_of", "fit_task", "joined", "with_inputs")),
    *((Checkpoints, name) for name in ("saved", "record_deleted", "install", "finish", "clear")),
    *((EvaluationStore, name) for name in ("store", "load_final")),
    (Outputs, "of"),
    (watched_data, "_inspect"),
    (run_dir, "create"),
    (run_dir, "atomic_write"),
    (Journal, "__init__"),
    (Journal, "append"),
    (Journal, "sync"),
]
ERRORS = [RuntimeError("broken"), OSError(errno.EACCES, "Permission denied"), KeyError("x"), ImportError("no pyarrow")]


class Broken:
    """A view whose methods fail."""

    def __init__(self, method: str) -> None:
        self.method = method

    def update(self, state: Any, event: Any) -> None:
        if self.method == "update":
            raise ConnectionResetError("the comm is closed")

    def steer(self, control: Any) -> None:
        if self.method == "steer":
            raise ConnectionResetError("the comm is closed")


def trained(folder: Path, *, watch: bool, views: Any = ()) -> tuple[str, Any]:
    trainer = make(folder, save_strategy="epoch", num_train_epochs=1)
    torch.manual_seed(1)
    run = nbtrain.watch(trainer, views=views) if watch else None
    trainer.train()
    return repr(outcome(trainer)), run


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    return trained(tmp_path_factory.mktemp("plain"), watch=False)[0]


def check(run: Any) -> None:
    assert run.status == "finished"
    messages = [message.message for message in run.state.messages]
    assert len(messages) == len(set(messages)), messages


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / str(number) for number in range(10_000))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.sampled_from(PARTS), min_size=1, max_size=4, unique=True), error=st.sampled_from(ERRORS))
def test_any_parts_may_fail(parts: Any, error: Exception, expected: str, folders: Iterator[Path]) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in parts:
            patch.setattr(owner, name, fail)
        result, run = trained(next(folders), watch=True)
    assert result == expected
    check(run)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{getattr(part[0], '__name__', part[0])}.{part[1]}")
def test_each_part_may_fail(part: Any, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(*part, fail)
    result, run = trained(tmp_path, watch=True)
    assert result == expected
    check(run)


@pytest.mark.parametrize("method", ["update", "steer"])
def test_a_front_end_may_go_away(method: str, expected: str, tmp_path: Path) -> None:
    result, run = trained(tmp_path, watch=True, views=[Broken(method)])
    assert result == expected
    assert [message.message.split()[0] for message in run.state.messages] == ["Broken"]


def test_views_may_fail_to_be_made(expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise ImportError("no anywidget")

    monkeypatch.setattr("nbtrain.runs.environment.default_views", fail)
    result, run = trained(tmp_path, watch=True, views=None)
    assert result == expected
    assert "no anywidget" in run.state.messages[0].message


def test_a_working_directory_that_cannot_be_written(tmp_path: Path, working_directory: Path) -> None:
    if os.geteuid() == 0:  # root writes anywhere: a file in the place of the folder refuses everybody
        Path("nbtrain_runs").write_text("")
    else:
        working_directory.chmod(0o500)
    trainer = make(tmp_path / "plain")
    run = nbtrain.watch(trainer, views=[])
    trainer.train()
    assert run.status == "finished"
    [warning] = [message for message in run.state.messages if message.level == "warning"]
    assert "`nbtrain_runs`" in warning.message
    assert str(run.directory) in warning.message
    assert run.directory == Path(tempfile.gettempdir(), "nbtrain_runs", run.id)
    assert len(run.history) == 8
    shutil.rmtree(run.directory)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    trainer = make(tmp_path)
    run = nbtrain.watch(trainer, views=[])
    trainer.train()
    assert run.status == "finished"
    assert sum("No space left" in message.message for message in run.state.messages) >= 1

"""Runs to export, and the scripts that come of it, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import nbtrain
from nbtrain.config import from_mapping
from nbtrain.training.finetune import Finetuning

Command = Callable[[Any], None]


class Driver:
    """A view that gives commands after given steps (-1: before the first one): `Driver({3: lambda control: ...})`."""

    def __init__(self, commands: Mapping[int, Command]) -> None:
        self.commands = commands
        self.control: Any = None

    def steer(self, control: Any) -> None:
        self.control = control

    def update(self, state: Any, event: Any) -> None:
        step = {"started": -1, "stepped": event.step}.get(event.type)
        if step in self.commands:
            self.commands[step](self.control)


@pytest.fixture
def train(tiny_model: Path, tmp_path: Path) -> Callable[..., nbtrain.Run]:
    """Train the tiny model: `train({3: command}, train=frame, ...)`."""

    def train(commands: Mapping[int, Command] | None = None, /, views: Any = (), **keys: Any) -> nbtrain.Run:
        defaults = dict(model=str(tiny_model), use_cpu=True, output_dir=str(tmp_path / "run"), learning_rate=1e-3)
        finetuning = Finetuning(from_mapping({**defaults, **keys}), [Driver(commands or {}), *views])
        finetuning.prepare()
        return nbtrain.Run(finetuning.train())

    return train


def execute(script: Path, *launcher: str) -> None:
    """Run `script` in a fresh process, with as many threads as there are here, and in another folder."""
    import torch

    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads()), "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}
    command = [*(launcher or (sys.executable,)), str(script)]
    done = subprocess.run(command, cwd="/", env={**os.environ, **threads}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]


def check_same_weights(run: nbtrain.Run, script: Path) -> None:
    """The weights that `script` left are those of `run`, bit for bit, and not those that it began with."""
    from safetensors.torch import load_file

    mine = load_file(run.directory / "model" / "model.safetensors")
    theirs = load_file(script.with_name(f"{script.stem}_output") / "model.safetensors")
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if not mine[name].equal(theirs[name])] == []
    assert "nbtrain import" not in script.read_text() and "import nbtrain" not in script.read_text()

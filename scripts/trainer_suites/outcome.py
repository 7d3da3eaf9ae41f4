"""What a training leaves behind, as short texts that can be compared."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TIMING = ("runtime", "per_second", "step_time", "preparation_time", "compilation_time", "_mem_")
"""Parts of the names of logged values that differ between any two trainings: times, and memory in use."""


def outcome(trainer: Any, result: Any) -> dict[str, Any]:
    """What a training leaves behind, each part as a short text that is the same if the part is."""
    import numpy as np
    import torch

    def state_of(one: Any) -> Any:
        return one.state_dict() if hasattr(one, "state_dict") else None

    state = trainer.state
    folder = Path(trainer.args.output_dir or ".")
    files = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {
        "result": digest(result),
        "weights": digest(state_of(trainer.model)),
        "optimizer": digest(state_of(trainer.optimizer)),
        "scheduler": digest(state_of(trainer.lr_scheduler)),
        "log": digest(state.log_history),
        "state": digest([state.global_step, state.epoch, state.max_steps, state.best_metric, state.best_global_step]),
        "random": digest([random.getstate(), np.random.get_state(), torch.get_rng_state()]),
        "training mode": getattr(trainer.model, "training", None),
        "callbacks": [type(callback).__name__ for callback in trainer.callback_handler.callbacks],
        "arguments": digest({**trainer.args.to_dict(), "output_dir": None, "logging_dir": None}),
        "attributes": sorted(vars(trainer).keys() - {"train"}),
        "files": sorted(name for name in files if "tfevents" not in name),
    }


def digest(value: Any) -> str:
    """A hash of nested values, without timings and the places of files."""
    found = hashlib.sha256()
    for part in _parts(value):
        found.update(part)
    return found.hexdigest()[:16]


def _parts(value: Any) -> Iterator[bytes]:
    import numpy as np
    import torch

    if isinstance(value, Mapping):
        for name in sorted(value, key=str):
            if not any(word in str(name) for word in TIMING):
                yield str(name).encode()
                yield from _parts(value[name])
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _parts(one)
    elif isinstance(value, torch.Tensor):
        yield f"{value.dtype}{tuple(value.shape)}".encode()
        yield value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    elif isinstance(value, np.ndarray):
        yield value.tobytes()
    elif isinstance(value, str):
        yield b"path" if os.sep in value else value.encode()
    else:
        yield (
            repr(value).encode() if isinstance(value, (int, float, bool, type(None))) else type(value).__name__.encode()
        )

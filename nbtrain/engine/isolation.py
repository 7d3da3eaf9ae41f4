"""Snapshots of process-global state that a training depends on.

A process has one state of each random number generator, and accelerate shares one state between all Trainers. Code that
runs in the middle of a training must restore both, or the training has other results.

`isolated()` is for code without side effects on this state. Two activities that take turns, such as a training in the
background and the cells of its notebook, each have a `ProcessState` and swap them.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

SHARED_STATES = ("PartialState", "AcceleratorState", "GradientState")
"""The classes of `accelerate.state` whose instances share one dict, `_shared_state`."""

DEVICES = ("cuda", "xpu", "mps")
"""Modules of torch that have their own random number generators."""


class GeneratorStates(NamedTuple):
    """States of the global random number generators of Python, numpy, torch and torch's devices."""

    python: Any
    numpy: Any
    torch: Any
    devices: dict[str, Any]

    @classmethod
    def current(cls) -> GeneratorStates:
        """The states now."""
        import numpy as np

        devices = {name: _get_rng_state(device) for name, device in _devices_in_use().items()}
        return cls(random.getstate(), np.random.get_state(), torch.get_rng_state(), devices)

    def restore(self) -> None:
        """Set all generators to these states."""
        import numpy as np

        random.setstate(self.python)
        np.random.set_state(self.numpy)
        torch.set_rng_state(self.torch)
        for name, device in _devices_in_use().items():
            if name in self.devices:
                _set_rng_state(device, self.devices[name])


@dataclass(frozen=True)
class ProcessState:
    """Snapshot of the process-global state that results depend on. It can be restored any number of times.

    Attributes:
        generators: States of the random number generators.
        settings: Values of torch's global settings, in the order of `_settings`.
        accelerate: Contents of accelerate's shared dicts, by class.
    """

    generators: GeneratorStates
    settings: tuple[Any, ...]
    accelerate: dict[str, dict[str, Any]]

    @classmethod
    def current(cls) -> ProcessState:
        """Take a snapshot."""
        return cls(
            generators=GeneratorStates.current(),
            settings=tuple(read() for read, _ in _settings()),
            accelerate={name: dict(shared) for name, shared in _shared_states().items()},
        )

    def restore(self) -> None:
        """Set the process to the state of this snapshot."""
        for (read, write), value in zip(_settings(), self.settings, strict=True):
            if read() != value:
                write(value)
        self.generators.restore()
        for name, shared in _shared_states().items():  # in place: the dict is the `__dict__` of every instance
            shared.clear()
            shared.update(self.accelerate.get(name, {}))


@contextmanager
def isolated(state: ProcessState | None = None) -> Iterator[None]:
    """Context manager: restore the current `ProcessState` afterwards.

    Args:
        state: The state to run the code in; None is the current one.
    """
    outside = ProcessState.current()
    try:
        if state is not None:
            state.restore()
        yield
    finally:
        outside.restore()


def _shared_states() -> dict[str, dict[str, Any]]:
    """The shared dicts of accelerate by class; empty if accelerate is not imported yet."""
    module = sys.modules.get("accelerate.state")
    return {} if module is None else {name: getattr(module, name)._shared_state for name in SHARED_STATES}


def _devices_in_use() -> dict[str, Any]:
    """The devices that are in use, as modules of torch by name. To ask others for their state would initialize them."""
    modules = {name: getattr(torch, name) for name in DEVICES if hasattr(torch, name)}
    return {name: module for name, module in modules.items() if _in_use(module)}


def _in_use(device: Any) -> bool:
    check = getattr(device, "is_initialized", None) or getattr(device, "is_available", None)
    return check is not None and bool(check())


def _get_rng_state(device: Any) -> Any:
    return device.get_rng_state_all() if hasattr(device, "get_rng_state_all") else device.get_rng_state()


def _set_rng_state(device: Any, state: Any) -> None:
    (device.set_rng_state_all if hasattr(device, "set_rng_state_all") else device.set_rng_state)(state)


def _settings() -> tuple[tuple[Callable[[], Any], Callable[[Any], None]], ...]:
    """Getter and setter of each global setting of torch that affects results."""
    return (
        (torch.get_default_dtype, torch.set_default_dtype),
        (torch.get_num_threads, torch.set_num_threads),
        (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
        (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
        (lambda: torch.backends.cudnn.benchmark, lambda value: setattr(torch.backends.cudnn, "benchmark", value)),
        (
            lambda: torch.backends.cudnn.deterministic,
            lambda value: setattr(torch.backends.cudnn, "deterministic", value),
        ),
    )

"""Isolation: a process has one state of its random numbers, and accelerate keeps one state for all Trainers. Whoever
runs other code in the middle of a training puts both back afterwards, or the training comes out differently.

`isolated()` is for a piece of code that is to leave no trace. Two parties that take turns, such as a training and the
notebook that it goes on behind, each keep a `World` and swap them.
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
"""The classes of `accelerate.state` whose objects all share one dict, `_shared_state`."""

DEVICES = ("cuda", "xpu", "mps")
"""Modules of torch that have random numbers of their own."""


class RandomNumbers(NamedTuple):
    """Where the random numbers of the process stand: those of Python, numpy and torch, and of torch's devices."""

    python: Any
    numpy: Any
    torch: Any
    devices: dict[str, Any]

    @classmethod
    def current(cls) -> RandomNumbers:
        """As they stand now."""
        import numpy as np

        devices = {name: _get_rng_state(device) for name, device in _devices_in_use().items()}
        return cls(random.getstate(), np.random.get_state(), torch.get_rng_state(), devices)

    def enter(self) -> None:
        """Have them go on from here."""
        import numpy as np

        random.setstate(self.python)
        np.random.set_state(self.numpy)
        torch.set_rng_state(self.torch)
        for name, device in _devices_in_use().items():
            if name in self.devices:
                _set_rng_state(device, self.devices[name])


@dataclass(frozen=True)
class World:
    """What the process holds that a computation depends on and that other code may change: random numbers, torch's
    process-wide settings, and the state of accelerate.

    A world can be entered any number of times.
    """

    numbers: RandomNumbers
    settings: tuple[Any, ...]
    accelerate: dict[str, dict[str, Any]]

    @classmethod
    def current(cls) -> World:
        """The world as it is now."""
        return cls(
            numbers=RandomNumbers.current(),
            settings=tuple(read() for read, _ in _settings()),
            accelerate={name: dict(shared) for name, shared in _shared_states().items()},
        )

    def enter(self) -> None:
        """Make the process as it was when this world was taken."""
        for (read, write), value in zip(_settings(), self.settings, strict=True):
            if read() != value:
                write(value)
        self.numbers.enter()
        for name, shared in _shared_states().items():  # in place: the dict is the `__dict__` of every object there is
            shared.clear()
            shared.update(self.accelerate.get(name, {}))


@contextmanager
def isolated(world: World | None = None) -> Iterator[None]:
    """Whatever the code inside does with random numbers, or to accelerate's state, is undone afterwards.

    Args:
        world: The world in which it is to run; None is the one that is there.
    """
    outside = World.current()
    try:
        if world is not None:
            world.enter()
        yield
    finally:
        outside.enter()


def _shared_states() -> dict[str, dict[str, Any]]:
    """The own dicts of accelerate, by class; none before accelerate was imported."""
    module = sys.modules.get("accelerate.state")
    return {} if module is None else {name: getattr(module, name)._shared_state for name in SHARED_STATES}


def _devices_in_use() -> dict[str, Any]:
    """The devices that are in use, as modules of torch by name. Asking others for their state would set them up."""
    modules = {name: getattr(torch, name) for name in DEVICES if hasattr(torch, name)}
    return {name: module for name, module in modules.items() if _in_use(module)}


def _in_use(device: Any) -> bool:
    asks = getattr(device, "is_initialized", None) or getattr(device, "is_available", None)
    return asks is not None and bool(asks())


def _get_rng_state(device: Any) -> Any:
    return device.get_rng_state_all() if hasattr(device, "get_rng_state_all") else device.get_rng_state()


def _set_rng_state(device: Any, state: Any) -> None:
    (device.set_rng_state_all if hasattr(device, "set_rng_state_all") else device.set_rng_state)(state)


def _settings() -> tuple[tuple[Callable[[], Any], Callable[[Any], None]], ...]:
    """How to read and how to write each process-wide setting of torch that decides what a computation gives."""
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

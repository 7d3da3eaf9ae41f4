"""Wraps: see what methods of an object do, on the instance only, and undo it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class Wraps:
    """A set of wrapped methods."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def wrap(self, owner: Any, name: str, see: Callable[..., Any]) -> None:
        """Put `see(original, ...)` in the place of `owner.name`."""
        original = getattr(owner, name)
        was_on_instance = name in vars(owner)
        setattr(owner, name, functools.partial(see, original))
        self._undo.append(lambda: setattr(owner, name, original) if was_on_instance else delattr(owner, name))

    def undo(self) -> None:
        """Put every original back."""
        while self._undo:
            self._undo.pop()()

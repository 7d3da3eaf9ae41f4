"""Monkey-patch methods of one instance, and restore them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class InstancePatches:
    """A set of monkey-patched methods. Only the given instances change, not their classes."""

    def __init__(self) -> None:
        self._restore: list[Callable[[], None]] = []

    def patch(self, owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
        """Replace the method `owner.name` by `wrapper`, which is called with the original method and its arguments."""
        original = getattr(owner, name)
        was_on_instance = name in vars(owner)
        setattr(owner, name, functools.partial(wrapper, original))
        self._restore.append(lambda: setattr(owner, name, original) if was_on_instance else delattr(owner, name))

    def restore(self) -> None:
        """Undo all patches in reverse order."""
        while self._restore:
            self._restore.pop()()

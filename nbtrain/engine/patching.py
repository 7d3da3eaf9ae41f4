"""Monkey-patch methods of one instance, and restore them."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any


class PatchedMethod(functools.partial[Any]):
    """A method of one instance, replaced by a wrapper that is called with the original method as first argument.

    A copy of the instance, also one by pickle, has the original method: what wraps it belongs to one training.
    """

    @property
    def original(self) -> Callable[..., Any]:
        """The method that was replaced, or a patch that was there before."""
        method: Callable[..., Any] = self.args[0]
        return method

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(self.original, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return _same, (self.original,)


class InstancePatches:
    """A set of monkey-patched methods. Only the given instances change, not their classes."""

    def __init__(self) -> None:
        self._patched: list[tuple[Any, str, bool, PatchedMethod]] = []

    def patch(self, owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
        """Replace the method `owner.name` by `wrapper`, which is called with the original method and its arguments."""
        method = PatchedMethod(wrapper, getattr(owner, name))
        was_on_instance = name in vars(owner)
        setattr(owner, name, method)
        self._patched.append((owner, name, was_on_instance, method))

    def restore(self) -> None:
        """Undo all patches in reverse order. A method that other code has replaced or removed since then stays so."""
        while self._patched:
            owner, name, was_on_instance, method = self._patched.pop()
            if vars(owner).get(name) is not method:
                continue
            if was_on_instance:
                setattr(owner, name, method.original)
            else:
                delattr(owner, name)


def _same(method: Any) -> Any:
    return method

"""Wrap a method of the kernel, and remove the wrapper again, also one of an earlier import of this package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MARK = "asks_nbtrain"

Method = Callable[..., Any]


def wrap(shell: Any, name: str, wrapper: Callable[[Method], Method]) -> None:
    """Replace the kernel's method `name` by what `wrapper` makes of it. Without effect outside a kernel."""
    kernel = getattr(shell, "kernel", None)
    method = getattr(kernel, name, None)
    if method is None:
        return
    wrapped = wrapper(method)
    setattr(wrapped, _MARK, True)
    setattr(kernel, name, wrapped)


def unwrap(shell: Any, name: str) -> None:
    """Remove the wrapper, if there is one."""
    kernel = getattr(shell, "kernel", None)
    if kernel is not None and hasattr(vars(kernel).get(name), _MARK):
        delattr(kernel, name)

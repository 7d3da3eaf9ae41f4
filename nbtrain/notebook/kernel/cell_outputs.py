"""CellOutputs: what a background run prints belongs to the cell that started it.

ipykernel 7 routes output by context variables, which a task inherits from its cell. ipykernel 6 sends everything to the
newest cell, so its parent message is swapped for each turn of the run.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any


class CellOutputs:
    """The output of the cell that runs when this object is made.

    Args:
        kernel: The kernel.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._cell = _parent(kernel)

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Inside the context, what is printed belongs to that cell."""
        before = _parent(self._kernel)
        _flush()  # the stream sends its text with the parent that it has when it is flushed
        self._kernel.set_parent(*self._cell, channel="shell")
        try:
            yield
        finally:
            _flush()
            self._kernel.set_parent(*before, channel="shell")


def cell_outputs(kernel: Any) -> CellOutputs | None:
    """The output of the running cell; None where the kernel itself keeps the outputs of cells apart."""
    if kernel is None or hasattr(kernel, "_shell_parent") or not hasattr(kernel, "_parent_ident"):
        return None
    return CellOutputs(kernel)


def _parent(kernel: Any) -> tuple[Any, Any]:
    """The identities and the message of the request that the kernel handles."""
    idents = kernel._parent_ident
    return idents.get("shell", b"") if isinstance(idents, dict) else idents, kernel.get_parent("shell")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a stream of the user's own
            stream.flush()

"""Import what the first `%%finetune` cell needs while the kernel has nothing to do: its panel is then there at once."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from typing import TYPE_CHECKING

from nbtrain.config.schema import schema
from nbtrain.notebook.kernel.import_lock import IMPORT_LOCK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

PANEL = ("nbtrain.notebook.panel.panel", "nbtrain.notebook.displays", "nbtrain.training.job", "nbtrain.runs.run")
"""The modules of a cell and its panel: a quarter of a second."""

DATA = ("pandas", "datasets", "nbtrain.preprocessing.dataset")
"""What reads data: half a second each. PyTorch is not here: it takes seconds, in which no cell could run."""

PAUSE_SECONDS = 1.0
"""How long the kernel must be left alone before the next import."""


def schedule(shell: InteractiveShell) -> None:
    """Begin when the current cell has ended. Nothing happens without a running event loop, as in a terminal, or where a
    program executes the notebook.
    """
    kernel = getattr(shell, "kernel", None)
    if kernel is None or not getattr(kernel, "_allow_stdin", True):
        return
    with contextlib.suppress(RuntimeError):  # no running loop
        loop = asyncio.get_running_loop()
        loop.call_soon(_import, PANEL)
        loop.call_later(PAUSE_SECONDS, _import_one_by_one, DATA, loop)


def _import(names: Sequence[str]) -> None:
    with contextlib.suppress(Exception):  # the cell that needs it says what is missing
        if IMPORT_LOCK.acquire(blocking=False):  # else a form imports it already
            try:
                for name in names:
                    importlib.import_module(name)
                schema()
            finally:
                IMPORT_LOCK.release()


def _import_one_by_one(names: Sequence[str], loop: asyncio.AbstractEventLoop) -> None:
    _import(names[:1])
    if names[1:]:
        loop.call_later(PAUSE_SECONDS / 10, _import_one_by_one, names[1:], loop)

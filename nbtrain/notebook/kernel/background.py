"""Where `%%finetune --background` is possible, and what to say where it is not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

NO_LOOP = "`--background` needs a notebook, whose kernel goes on between cells; this run trains in the foreground."
NOBODY = (
    "`--background` needs a kernel that stays: this notebook is executed from outside, and its kernel ends with the "
    "last cell. This run trains in the foreground."
)


def why_not(shell: InteractiveShell) -> str | None:
    """Why no run can go on in the background here; None if one can."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None or not _loop_runs():
        return NO_LOOP
    return None if getattr(kernel, "_allow_stdin", True) else NOBODY


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

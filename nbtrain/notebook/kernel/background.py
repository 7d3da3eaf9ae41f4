"""Whether `%%finetune --background` is possible, and the reason if not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

NO_EVENT_LOOP = "`--background` needs a notebook kernel with a running event loop; this run trains in the foreground."
HEADLESS = (
    "`--background` needs an interactive notebook: this one is executed by a program (such as nbconvert or papermill), "
    "and its kernel shuts down after the last cell. This run trains in the foreground."
)


def unavailable_reason(shell: InteractiveShell) -> str | None:
    """Why no run can train in the background here; None if one can."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None or not _has_running_loop():
        return NO_EVENT_LOOP
    return None if getattr(kernel, "_allow_stdin", True) else HEADLESS


def _has_running_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

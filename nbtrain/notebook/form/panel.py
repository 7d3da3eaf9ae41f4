"""The live panel inside a form: a child of its box instead of an output of a cell, which has ended by then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbtrain.events.state import RunState
from nbtrain.notebook.displays import PanelView


class PanelInForm(PanelView):
    """Panel of a background run.

    Args:
        panel: The panel; the form displays and closes it.
        kernel: The kernel.
        ended: Called when the run has ended.
    """

    def __init__(self, panel: Any, kernel: Any, ended: Callable[[], None]) -> None:
        super().__init__(panel, kernel, background=True)
        self._ended = ended

    def _on_start(self, state: RunState) -> None:
        """Do nothing: the form displays the panel."""

    def _on_end(self) -> None:
        self._ended()

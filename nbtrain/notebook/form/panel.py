"""The live panel inside of a form: a child of its box rather than an output of a cell, which is over by then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbtrain.events.state import RunState
from nbtrain.notebook.displays import PanelView


class PanelInForm(PanelView):
    """A view of a run that goes on in the background.

    Args:
        panel: The panel; the form shows it, and closes it.
        kernel: The kernel.
        ended: Is called when the run has ended.
    """

    def __init__(self, panel: Any, kernel: Any, ended: Callable[[], None]) -> None:
        super().__init__(panel, kernel, background=True)
        self._ended = ended

    def _on_start(self, state: RunState) -> None:
        """The form shows it already."""

    def _on_end(self) -> None:
        self._ended()

"""The live panel inside of a form: a child of its box rather than an output of a cell, which is over by then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from IPython.display import DisplayHandle

from nbtrain.notebook.views import PanelView


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

    def _begin(self, metadata: dict[str, Any]) -> None:
        self._handle = DisplayHandle()  # of no display: the form has it already

    def _end(self) -> None:
        self._close_hook()
        self._ended()

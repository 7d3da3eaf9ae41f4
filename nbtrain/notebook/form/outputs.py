"""Outputs below a form, which a saved notebook keeps after the form is gone."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from IPython.display import DisplayHandle

from nbtrain.notebook.displays import EMPTY
from nbtrain.runs.compare import compare

if TYPE_CHECKING:
    from nbtrain.runs.run import Run

MAX_COMPARED = 8
COMPARISON = {"nbtrain": {"part": "comparison"}}


class Outputs:
    """The text of the cell, the comparison of all runs, and the record of the newest one.

    The text is what a saved notebook shows of the form. As long as the form is there, which shows its text itself, its
    style sheet hides the output.

    Attributes:
        record: Display of the record; None if no cell shows the form.
    """

    def __init__(self) -> None:
        self.record: DisplayHandle | None = None
        self._text: DisplayHandle | None = None
        self._shown_text = ""
        self._comparison: DisplayHandle | None = None
        self._compared: dict[str, Any] = EMPTY

    def reserve(self, text: str) -> None:
        """Create the outputs in the running cell; later no output can be added to it. `text` is that of the form."""
        self._text, self._shown_text = self._text or DisplayHandle(), text
        self._text.display(_bundle(text), raw=True)
        self.record = self.record or DisplayHandle()
        self._comparison = self._comparison or DisplayHandle()
        self._comparison.display(self._compared, raw=True, metadata=COMPARISON)
        self.record.display(EMPTY, raw=True)

    def show_text(self, text: str) -> None:
        """Show this text of the form, if a cell shows it."""
        if self._text is not None and text != self._shown_text:
            self._shown_text = text
            self._text.update(_bundle(text), raw=True)

    def compare(self, runs: Sequence[Run]) -> None:
        """Compare the newest of `runs`, if there are several."""
        if len(runs) > 1 and self._comparison is not None:
            self._compared = compare(*reversed(runs[-MAX_COMPARED:]))._repr_mimebundle_()
            self._comparison.update(self._compared, raw=True, metadata=COMPARISON)


def _bundle(text: str) -> dict[str, str]:
    return {"text/html": f"<pre class='nbf-saved'>{html.escape(text)}</pre>", "text/plain": text}

"""TextDisplay: where nobody watches, the text of a run and then its record, in one output of the cell."""

from __future__ import annotations

from typing import Any

from IPython.display import DisplayHandle

MAX_LINES = 100
"""Most lines of text that are shown: the output is sent as a whole each time."""

FIRST_LINES = 40
"""How many of them are the first ones, which say what is trained; the others are the newest."""


class TextDisplay:
    """A stream whose text grows in one output, until the record of the run takes its place.

    What is printed can't be taken back from an executed notebook without everything else that the cell printed; an
    output with a display id can be replaced.
    """

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = None
        self._lines: list[str] = []
        self._bundle: dict[str, Any] = {}
        self._metadata: dict[str, Any] = {}
        self._is_final = False

    def write(self, text: str, /) -> None:
        self._lines += text.splitlines()

    def flush(self) -> None:
        if not self._is_final:
            self._send({**self._bundle, "text/plain": self._text()})

    def replace(self, bundle: dict[str, Any], metadata: dict[str, Any], *, final: bool) -> None:
        """Show `bundle` in place of the text. If it isn't final, its plain text is still the text that grows."""
        self._bundle, self._metadata, self._is_final = bundle, metadata, final
        self._send(bundle if final else {**bundle, "text/plain": self._text()})

    def _send(self, bundle: dict[str, Any]) -> None:
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(bundle, raw=True, metadata=self._metadata)
        else:
            self._handle.update(bundle, raw=True, metadata=self._metadata)

    def _text(self) -> str:
        lines = self._lines
        if len(lines) > MAX_LINES:
            last = MAX_LINES - FIRST_LINES
            lines = [*lines[:FIRST_LINES], f"... {len(lines) - MAX_LINES:,} more lines ...", *lines[-last:]]
        return "\n".join(lines)

"""What the cells of runs print, kept for pages that were reloaded.

JupyterLab shows what a cell prints only on the page that ran the cell, as long as that page is there. A page that was
loaded later asks for the text of the run's cell, from the run's start on.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

from nbtrain.notebook.kernel.protocol import Text

MAX_CHARACTERS = 100_000
"""The newest text of a cell that is kept."""
MAX_JOINED = 1_000
"""Length up to which texts that follow each other are joined."""


class PrintedText:
    """The newest text of one cell.

    Attributes:
        end: Number of all characters so far, also of those that are no longer kept.
    """

    def __init__(self) -> None:
        self.end = 0
        self._texts: deque[Text] = deque()
        self._kept = 0
        self._lock = threading.Lock()

    def add(self, name: str, text: str) -> None:
        """Append text of the stream `name`; from any thread."""
        text = text[-MAX_CHARACTERS:]
        with self._lock:
            self.end += len(text)
            self._kept += len(text)
            last = self._texts[-1] if self._texts else None
            if last is not None and last["name"] == name and len(last["text"]) < MAX_JOINED:
                last["text"] += text
            else:
                self._texts.append({"name": name, "text": text})
            while self._kept > MAX_CHARACTERS:
                self._kept -= len(self._texts.popleft()["text"])

    def since(self, start: int) -> tuple[list[Text], int]:
        """The text after the first `start` characters, as far as it is kept; and `end`."""
        with self._lock:
            texts: list[Text] = []
            at = self.end - self._kept
            for one in self._texts:
                if text := one["text"][max(0, start - at) :]:
                    texts.append({"name": one["name"], "text": text})
                at += len(one["text"])
            return texts, self.end


class PrintedTexts:
    """The texts of cells by the request that runs the cell, which streams of ipykernel know; a run holds its text."""

    def __init__(self) -> None:
        self._texts: WeakValueDictionary[str, PrintedText] = WeakValueDictionary()
        self._inside = threading.local()

    def follow(self, request: str) -> PrintedText:
        """The text that is printed for a request from now on, or since it was first followed."""
        self.listen()
        return self._texts.setdefault(request, PrintedText())

    def listen(self) -> None:
        """Record what is printed from now on. IPython replaces the method `write` of streams while a cell runs, and
        restores at its end what it was before: so this is called again and again.
        """
        streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
        for stream in streams:
            if hasattr(stream, "parent_header") and not isinstance(stream.write, _RecordingWrite):  # one of ipykernel
                stream.write = _RecordingWrite(self._record, stream, stream.write)

    def _record(self, stream: Any, write: Callable[[str], Any], text: str) -> Any:
        """Write `text`, and record it once, also if `write` records, too."""
        printed = self._texts.get(stream.parent_header.get("msg_id", ""))
        if printed is None or not isinstance(text, str) or getattr(self._inside, "writes", False):
            return write(text)
        printed.add(stream.name, text)
        self._inside.writes = True
        try:
            return write(text)
        finally:
            self._inside.writes = False


class _RecordingWrite(functools.partial[Any]):
    """The method `write` of a stream, recorded."""

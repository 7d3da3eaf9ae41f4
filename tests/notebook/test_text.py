"""The text of a run that nobody watches, in one output of the cell."""

from __future__ import annotations

from typing import Any

import pytest

from nbtrain.notebook import text
from nbtrain.notebook.text import FIRST_LINES, MAX_LINES, TextDisplay


class Output:
    """An output of a cell, and what it showed."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    def display(self, bundle: dict[str, Any], *, raw: bool, metadata: dict[str, Any]) -> None:
        self.shown.append(bundle)

    update = display


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Output:
    output = Output()
    monkeypatch.setattr(text, "DisplayHandle", lambda: output)
    return output


def test_text_grows_until_the_record_is_final(output: Output) -> None:
    display = TextDisplay()
    for line in ("one", "two"):
        display.write(f"{line}\n")
        display.flush()
    display.replace({"text/html": "<p>so far</p>", "text/plain": "so far"}, {}, final=False)
    display.write("three\n")
    display.flush()
    display.replace({"text/html": "<p>end</p>", "text/plain": "end"}, {}, final=True)
    display.write("too late\n")
    display.flush()
    assert [bundle["text/plain"] for bundle in output.shown] == [
        *("one", "one\ntwo", "one\ntwo", "one\ntwo\nthree", "end")
    ]
    assert [bundle.get("text/html") for bundle in output.shown] == [
        *(None, None, "<p>so far</p>", "<p>so far</p>", "<p>end</p>")
    ]


def test_long_text_is_shown_by_its_first_and_newest_lines(output: Output) -> None:
    display = TextDisplay()
    for number in range(1_000):
        display.write(f"{number}\n")
    display.flush()
    lines = output.shown[-1]["text/plain"].splitlines()
    assert len(lines) == MAX_LINES + 1
    assert lines[0] == "0" and lines[-1] == "999"
    assert lines[FIRST_LINES] == "... 900 more lines ..."

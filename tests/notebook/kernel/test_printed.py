"""What cells print is kept for a page that was reloaded."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from nbtrain.events import Ended
from nbtrain.notebook.kernel.printed import MAX_CHARACTERS, PrintedText, PrintedTexts
from tests.notebook.kernel.conftest import Begin, Page, stepped


class Stream(io.StringIO):
    """An output stream of ipykernel, as far as it is used."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.parent_header: dict[str, Any] = {}


@contextlib.contextmanager
def streams() -> Iterator[Stream]:
    """Inside the context, `print` writes to streams of ipykernel; yields the one of stdout."""
    out = Stream("stdout")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(Stream("stderr")):
        yield out


def test_the_text_of_each_request_is_apart() -> None:
    with streams() as out:
        texts = PrintedTexts()
        one, two = texts.follow("1"), texts.follow("2")
        for request in ("1", "2", "3", "1"):
            out.parent_header = {"msg_id": request}
            print("cell", request)
        assert one.since(0) == ([{"name": "stdout", "text": "cell 1\ncell 1\n"}], 14)
        assert two.since(3) == ([{"name": "stdout", "text": "l 2\n"}], 7)
        assert two.since(7) == ([], 7)
        assert texts.follow("1") is one, "two runs of one cell"
        assert out.getvalue() == "cell 1\ncell 2\ncell 3\ncell 1\n"


def test_streams_stay_in_order() -> None:
    with streams():
        text = PrintedTexts().follow("")
        print("a")
        print("careful", file=sys.stderr)
        print("b")
        assert text.since(1) == (
            [
                {"name": "stdout", "text": "\n"},
                {"name": "stderr", "text": "careful\n"},
                {"name": "stdout", "text": "b\n"},
            ],
            12,
        )


def test_text_is_recorded_once_though_ipython_replaces_the_method_while_a_cell_runs() -> None:
    with streams() as out:
        texts = PrintedTexts()
        text = texts.follow("")
        between_cells = out.write
        out.write = lambda text: between_cells(text)
        texts.listen()
        print("in a cell")
        out.write = between_cells
        print("after it")
        del out.write  # the cell in which it was followed has ended
        texts.listen()
        print("in a turn of a background run")
        assert text.since(0)[0] == [{"name": "stdout", "text": out.getvalue()}]


def test_only_the_newest_text_is_kept() -> None:
    text = PrintedText()
    for number in range(30_000):
        text.add("stdout", f"{number:05}\n")
    texts, end = text.since(0)
    kept = "".join(one["text"] for one in texts)
    assert end == 180_000
    assert MAX_CHARACTERS - 2_000 < len(kept) <= MAX_CHARACTERS
    assert kept.endswith("29998\n29999\n")
    assert text.since(end - 6) == ([{"name": "stdout", "text": "29999\n"}], end)
    assert text.since(10) == (texts, end)


def test_a_page_asks_for_what_it_missed(shell: InteractiveShell, page: Page, begin: Begin) -> None:
    with streams() as out:
        header = {"msg_id": "request", "session": "the page before"}
        shell.kernel.request = {"metadata": {"cellId": "cell"}, "header": header}
        out.parent_header = header
        recorder = begin("a")
        print("one")
        [run] = page.hello()["runs"]
        assert (run["request"], run["page"], run["printed"]) == ("request", "the page before", 4)
        page.now += 1
        print("two")
        recorder.emit(stepped(1))
        assert page.runs()[-1]["printed"] == 8
        [answer] = page.send({"type": "printed", "id": 5, "run": "a", "start": 4})
        assert (answer["texts"], answer["end"]) == ([{"name": "stdout", "text": "two\n"}], 8)
        recorder.emit(Ended(step=1, status="stopped"))
        print("after the run")
        shell.run_cell("None")
        assert page.runs()[-1]["printed"] == 22, "the cell has ended"
        [answer] = page.send({"type": "printed", "id": 6, "run": "z", "start": 0})
        assert answer["texts"] == []

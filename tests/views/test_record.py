from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nbtrain import events
from nbtrain.events.state import RunState
from nbtrain.views import chart
from nbtrain.views.record import ACCENT, COLORS, MAX_BYTES, Record
from tests.views.conftest import finished, training

CONFIG = 'model = "bert-base-cased"\nlearning_rate = 5e-5  # <b>\n'

PLAIN_TAGS = {
    "b",
    "code",
    "details",
    "div",
    "img",
    "li",
    "p",
    "pre",
    "small",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}
PLAIN_ATTRIBUTES = {"align", "alt", "colspan", "src", "style", "width"}


class Page(HTMLParser):
    """Reads a record: its tags and attributes, its visible text, its table."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.styles = ""
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.styles += ";" + (dict(attrs).get("style") or "")
        if tag != "img":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


def test_only_plain_html_in_every_kind_of_run(states: dict[str, RunState]) -> None:
    for state in states.values():
        html = Record(state, CONFIG, "runs/<1>", chart.png(state)).html()
        page = Page(html)
        assert page.tags <= PLAIN_TAGS
        assert page.attributes <= PLAIN_ATTRIBUTES
        assert not re.search(r"(^|;)\s*color:", page.styles), "the text must take the colour of the page"
        assert "url(" not in page.styles
        assert len(html.encode()) <= MAX_BYTES


def test_table(states: dict[str, RunState]) -> None:
    page = Page(Record(states["finished"]).html())
    assert page.rows[0] == ["step", "epoch", "training loss", "validation loss", "accuracy", "f1", "time"]
    assert page.rows[1] == ["153", "1", "0.5458", "0.5356", "0.7507", "0.8400", "0:46"]
    assert [row[0] for row in page.rows] == ["step", "153", "306", "459"]


def test_best_row_is_marked() -> None:
    state = RunState.fold(finished(training(30, 3, metrics=lambda step: {"mse": abs(step - 20) + 1.0})))
    html = Record(state).html()
    assert re.findall(r"<td[^>]*><b>(\d+)</b>", html)[0] == "20"
    assert "best mse" in html
    assert "* " in next(line for line in Record(state).text().splitlines() if " 20 " in line)


def test_single_evaluation_is_not_called_the_best(states: dict[str, RunState]) -> None:
    assert "best" not in Record(states["stopped"]).html()
    assert "best" not in Record(states["stopped"]).text()


def test_headline_says_what_happened(states: dict[str, RunState]) -> None:
    for name, words in [
        ("running", "Running: step 200 of 459"),
        ("stopped", "Stopped at step 200 of 459"),
        ("failed", "Failed at step 37 of 459: OutOfMemoryError: CUDA out of memory."),
        ("failed before", "Failed before training: ValueError: <script>alert(1)</script> is no label"),
    ]:
        assert Record(states[name]).text().startswith(words)
        assert Page(Record(states[name]).html()).text.strip().startswith(words)


def test_what_is_given_is_escaped(states: dict[str, RunState]) -> None:
    html = Record(states["stopped"], CONFIG, "runs/<i>").html()
    assert "<b>overfitting" not in html
    assert "# &lt;b&gt;" in html
    assert "runs/&lt;i&gt;" in html
    state = RunState.fold(finished(training(metrics=lambda step: {"<script>": 0.5, "x": step})))
    assert "<script" not in Record(state).html()


def test_whole_error_is_kept(states: dict[str, RunState]) -> None:
    assert "Tried to allocate 2.00 GiB." in Page(Record(states["failed"]).html()).text


def test_long_table_shows_first_best_and_newest() -> None:
    made = training(9_000, 90, metrics=lambda step: {"accuracy": 0.9 if step == 2_000 else 0.5}, pace=0.01)
    state = RunState.fold(finished(made))
    rows = Page(Record(state).html()).rows[1:]
    assert [row[0].replace(",", "") for row in rows] == [
        "100",
        "... 18 more",
        "2000",
        "... 20 more",
        *map(str, range(4_100, 9_001, 100)),
    ]
    assert len(Record(state).text().splitlines()) <= 30


def test_evaluations_that_the_state_dropped_are_counted() -> None:
    state = RunState.fold(finished(training(1_500, 3, every=10, metrics=lambda step: {"accuracy": step})))
    assert state.evaluation_count == 150
    rows = Page(Record(state).html()).rows[1:]
    assert rows[0] == ["... 100 more"]
    assert len(rows) == 51


def test_best_of_those_that_are_kept_is_called_so() -> None:
    state = RunState.fold(finished(training(1_500, 3, every=10, metrics=lambda step: {"accuracy": -step})))
    assert "best accuracy of the newest 100 evaluations" in Record(state).text()


@pytest.mark.parametrize("filling", ["&", "精", "\U0001f600", 'a"b<c>'])
def test_never_larger_than_allowed(filling: str) -> None:
    made = training(9_000, 90, metrics=lambda step: {f"{filling * 50}{index}": 0.5 for index in range(60)}, pace=0.01)
    made += [events.Diagnosed(step=9_000, time=99, message=f"{index}" + filling * 9_000) for index in range(60)]
    made.append(events.Ended(step=9_000, time=99, status="failed", error=filling * 90_000 + "\n" + filling * 90_000))
    record = Record(RunState.fold(made), filling * 900_000, filling * 9_000, bytes(140_000))
    html = record.html()
    assert len(html.encode()) <= MAX_BYTES
    Page(html)
    assert len(record.text()) < 20_000


def test_curve_is_left_out_only_when_too_large(states: dict[str, RunState]) -> None:
    assert "<img" in Record(states["long"], png=bytes(60_000)).html()
    assert "<img" not in Record(states["long"], png=bytes(160_000)).html()
    assert "<img" not in Record(states["long"]).html()


def test_text_is_one_aligned_screen(states: dict[str, RunState]) -> None:
    for state in states.values():
        assert len(Record(state, CONFIG, "run").text().splitlines()) <= 30
    lines = Record(states["wide"]).text().splitlines()
    start = next(index for index, line in enumerate(lines) if line.lstrip().startswith("step"))
    assert len({len(line) for line in lines[start : start + 4]}) == 1


def test_text_tells_the_same_facts(states: dict[str, RunState]) -> None:
    text = Record(states["stopped"], CONFIG, "runs/a").text()
    for fact in [
        "accuracy 0.7507",
        "200 steps",
        "1:04",
        "82.8 examples/s",
        "warning: step 150",
        "learning rate set to 1e-5",
        "runs/a",
        "0.5356",
    ]:
        assert fact in text


def test_bundle(states: dict[str, RunState]) -> None:
    record = Record(states["finished"])
    assert record.bundle() == {
        "text/plain": record.text(),
        "text/html": record.html(),
        "application/vnd.nbtrain.run.v1+json": record.json(),
    }


def test_no_step_and_no_evaluation(states: dict[str, RunState]) -> None:
    assert Page(Record(states["no step"]).html()).rows == []
    assert "training loss 0.21" in Record(states["no evaluation"]).text()
    assert Record(states["created"]).text() == "Not started"


@pytest.mark.kernel
def test_views_load_nothing_heavy() -> None:
    code = "import sys, nbtrain.views.record, nbtrain.views.table, nbtrain.views.chart; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert loaded & {"torch", "matplotlib", "numpy", "pandas", "PIL", "IPython", "transformers"} == set()


def test_the_colors_are_explained(states: dict[str, RunState]) -> None:
    assert f"Bar on the left: {COLORS}" in Page(Record(states["finished"], CONFIG).html()).text
    assert [status for status in ACCENT if status not in COLORS] == []
    page = Path(__file__).parents[2] / "labextension" / "src" / "common" / "statuses.ts"
    assert COLORS in page.read_text(encoding="utf-8")

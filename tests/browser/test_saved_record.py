"""A record in a saved notebook, opened without a kernel: the chart to look into, and the HTML where it is not there."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from nbtrain import events
from nbtrain.events.state import RunState
from nbtrain.views.chart import png
from nbtrain.views.record import Record
from nbtrain.views.record_json import MIME_TYPE
from tests.browser.jupyter import JupyterServer
from tests.views.conftest import finished, training

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator

    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import NotebookPage

SCRIPT = "<img src=x onerror=\"console.error('ran')\">"


def bundle() -> dict[str, Any]:
    """The record of a run of 459 steps, in which the user changed the learning rate after step 97."""
    made = training()
    made[100:100] = [events.Commanded(step=97, time=31, command="set", values={"learning_rate": 1e-5})]
    made.append(events.Diagnosed(step=150, time=62, level="warning", message=f"Look: {SCRIPT}"))
    state = RunState.fold(finished(made))
    return Record(state, 'model = "demo"', "/home/me/run", png(state)).bundle()


def saved(data: dict[str, Any]) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell("run", outputs=[nbformat.v4.new_output("display_data", data)])


class SavedRecord:
    """The record of cell `cell`."""

    def __init__(self, page: NotebookPage, cell: int = 0) -> None:
        self.page = page
        self.root: Locator = page.page.locator(".jp-Cell").nth(cell).locator(".jp-nbtrain-record")
        self.plot = self.root.get_by_role("slider", name="Loss over steps")
        self.root.wait_for()
        self.plot.scroll_into_view_if_needed()

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name)

    def steps(self) -> list[int]:
        """The first and the last step that the axis shows, once it is painted."""
        self.page.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return [int(self.plot.get_attribute(f"aria-value{end}") or -1) for end in ("min", "max")]

    def values(self) -> str:
        self.steps()
        return self.plot.get_attribute("aria-valuetext") or ""

    def is_log(self) -> bool:
        self.steps()
        return self.button("log").get_attribute("aria-pressed") == "true"

    def picture(self) -> str:
        self.steps()
        picture: str = self.root.locator("canvas").evaluate("canvas => canvas.toDataURL()")
        return picture

    def at(self, share: float) -> tuple[float, float]:
        """The place of a step, given as a share of the plot's width."""
        box = self.plot.bounding_box()
        assert box is not None
        return box["x"] + 56 + share * (box["width"] - 70), box["y"] + box["height"] / 2

    def shot(self, name: str) -> None:
        """Save a screenshot, if a folder for them is given."""
        if shots := os.environ.get("NBTRAIN_SCREENSHOTS"):
            self.page.screenshot(Path(shots, f"{self.page.server.app}-{name}.png"))


def test_looking_into_a_saved_run(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    dark = jupyter.app == "notebook"
    name = write_notebook("record.ipynb", [saved(bundle())], kernel=None)
    page = open_notebook(jupyter, name, theme="dark" if dark else "light", width=700 if dark else 1300)
    record = SavedRecord(page)
    text = page.text(0)
    for part in (
        "Finished",
        "accuracy 0.8440",
        "459 steps",
        "training loss",
        "best accuracy",
        "set to 1e-5",
    ):
        assert part in text
    assert SCRIPT in text
    assert record.steps() == [0, 459]

    mouse = page.page.mouse
    mouse.move(*record.at(97 / 459))
    assert "step 97" in record.values() and "training loss 0." in record.values() and "lr 1e-5" in record.values()
    record.shot("hover")

    whole = record.picture()
    mouse.down()
    mouse.move(*record.at(0.6), steps=4)
    mouse.up()
    first, last = record.steps()
    assert first == pytest.approx(97, abs=2) and last == pytest.approx(275, abs=2)
    record.shot("zoom")
    record.button("log").click()
    assert record.is_log()
    assert record.steps() == [first, last]
    logarithmic = record.picture()
    record.shot("log")
    record.button("log").click()
    assert record.picture() not in (logarithmic, whole)
    record.button("Show all steps").click()
    assert record.steps() == [0, 459]

    record.button("Zoom in").click()
    mouse.dblclick(*record.at(0.5))
    assert record.steps() == [0, 459]
    page.page.keyboard.down("Control")
    mouse.move(*record.at(0))
    mouse.wheel(0, -100)
    page.page.keyboard.up("Control")
    assert record.steps()[0] == 0 and record.steps()[1] < 459

    assert page.errors == []
    assert page.outside == []


def test_with_the_keyboard_and_when_it_is_refreshed(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    data = bundle()
    page = open_notebook(lab, write_notebook("keys.ipynb", [saved(data)], kernel=None))
    record = SavedRecord(page)
    press = page.page.keyboard.press
    record.plot.focus()
    press("Home")
    assert "step 1," in record.values() or "step 2," in record.values()
    before = record.values()
    press("ArrowRight")
    assert record.values() != before
    press("+")
    press("+")
    zoomed = record.steps()
    assert zoomed[1] - zoomed[0] < 459
    press("PageDown")
    moved = record.steps()
    assert moved[0] > zoomed[0]
    press("l")
    assert record.is_log()
    assert page.page.evaluate("() => nbtest.panel().content.widgets.length") == 1, "the keys are not the notebook's"

    later = copy.deepcopy(data)
    later[MIME_TYPE]["status"] = "Finished, and looked at again"
    output = nbformat.v4.new_output("display_data", later)
    page.page.evaluate("output => nbtest.cell(0).model.outputs.set(0, output)", json.loads(json.dumps(output)))
    page.wait_text(0, "looked at again")
    assert record.steps() == moved
    press("0")
    assert record.steps() == [0, 459]
    assert page.errors == []


def test_an_invalid_record_shows_a_message(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    data = bundle()
    later = {**data, MIME_TYPE: {**data[MIME_TYPE], "version": 2}}
    odd = {**data, MIME_TYPE: {"version": 1, "head": {}, "rows": [1, {}], "curves": {"loss": "1 2 3;x"}, "marks": 3}}
    page = open_notebook(lab, write_notebook("broken.ipynb", [saved(later), saved(odd)], kernel=None))
    page.wait_text(0, "This record cannot be shown")
    assert "version 2" in page.text(0) and "accuracy 0.8440" in page.text(0)
    assert page.page.locator(".jp-nbtrain-record canvas:visible").count() == 0
    assert page.errors == []


@pytest.fixture
def lab_without_extension(tmp_path: Path, notebooks: Path) -> Iterator[JupyterServer]:
    """A JupyterLab in which the user has disabled nbtrain."""
    config = tmp_path / "config" / "labconfig" / "page_config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"disabledExtensions": {"nbtrain": True}}))
    server = JupyterServer("lab", tmp_path, notebooks)
    yield server
    server.stop()


def test_without_the_extension_the_html_is_shown(
    lab_without_extension: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(lab_without_extension, write_notebook("plain.ipynb", [saved(bundle())], kernel=None))
    page.wait_text(0, "accuracy 0.8440")
    assert page.page.locator(".jp-nbtrain-record").count() == 0
    page.page.wait_for_function("() => [...document.images].some(image => image.naturalWidth > 300)")
    assert page.errors == []

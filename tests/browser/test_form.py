"""The form as a user uses it, in JupyterLab and Notebook 7: filled in by keyboard, written to a cell, trained."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.jupyter import JupyterServer

if TYPE_CHECKING:
    import pandas as pd
    from playwright.sync_api import Locator

    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import App, NotebookPage

pytestmark = pytest.mark.training

NO_EXTENSION = "Exception opening new comm"
"""Message of a page without the extension about the comm of the kernel."""
EXTENSION = Path(__file__).parents[2] / "nbtrain" / "labextension" / "package.json"
STUDENTS = """
import nbtrain
nbtrain.form(
    only=["learning_rate", "num_train_epochs"], learning_rate=(1e-5, 1e-2), num_train_epochs=[1, 2, 3],
    model="{model}", train="{train}", text=["left", "right"], use_cpu=True,
)
"""


@pytest.fixture(scope="module")
def pairs_csv(pairs: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("form") / "pairs.csv"
    pairs.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module", params=["lab", pytest.param("notebook", marks=pytest.mark.full)])
def plain(
    request: pytest.FixtureRequest, notebooks: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JupyterServer]:
    """Each of the two front ends in turn, without nbtrain's extension."""
    app: App = request.param
    root = tmp_path_factory.mktemp(f"plain-{app}")
    config = root / "config" / "labconfig"
    config.mkdir(parents=True)
    (config / "page_config.json").write_text(json.dumps({"disabledExtensions": {"nbtrain": True}}))
    server = JupyterServer(app, root, notebooks, env={"OMP_NUM_THREADS": "1"})
    yield server
    server.stop()


class FormOnPage:
    """The form of the cell that was run last."""

    def __init__(self, page: NotebookPage) -> None:
        self.page = page
        self.keyboard = page.page.keyboard
        self.root = page.page.locator(".nbf-form").last
        self.root.wait_for(timeout=60_000)

    def box(self, label: str) -> Locator:
        return self.root.get_by_label(label, exact=True).first  # the panel of a run may have the same label

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def type(self, label: str, text: str) -> None:
        """Type into a field, and move on to the next one."""
        self.box(label).focus()
        self.keyboard.press("Control+A")
        self.keyboard.type(text)
        self.keyboard.press("Tab")

    def wait_text(self, text: str) -> None:
        self.root.get_by_text(text).first.wait_for(timeout=60_000)

    def shot(self, name: str) -> None:
        """Save a screenshot, if a folder for them is given."""
        if shots := os.environ.get("NBTRAIN_SCREENSHOTS"):
            self.root.scroll_into_view_if_needed()
            self.page.page.screenshot(path=Path(shots, name))


def stop_run(form: FormOnPage, steps: int) -> None:
    """Let the run train for some steps, then stop it."""
    form.page.page.wait_for_function(
        "steps => Number(document.querySelector('.nbt-bar')?.getAttribute('aria-valuenow')) >= steps", arg=steps
    )
    form.button("Stop and keep").click()
    form.page.page.locator(".nbtrain-panel").wait_for(state="detached")


def test_filled_in_by_keyboard_written_and_trained(
    plain: JupyterServer,
    open_notebook: NotebookOpener,
    write_notebook: NotebookWriter,
    tiny_model: Path,
    pairs_csv: Path,
) -> None:
    dark = plain.app == "notebook"
    name = write_notebook("form.ipynb", ["%load_ext nbtrain", "%finetune --form", "%finetune --write"])
    page = open_notebook(plain, name, theme="dark" if dark else "light", width=700 if dark else 1300)
    page.run(0)
    page.run(1)
    form = FormOnPage(page)
    assert form.button("Train").is_disabled()
    form.wait_text("model is missing")

    form.box("Model").focus()
    help_of_model = form.root.locator(".nbf-key-model .nbf-help")
    help_of_model.wait_for()
    assert form.box("Model").get_attribute("aria-describedby") == help_of_model.get_attribute("id")
    form.keyboard.press("Escape")
    help_of_model.wait_for(state="hidden")
    form.keyboard.type(str(tiny_model))
    form.keyboard.press("Tab")
    form.box("Dataset").focus()
    form.keyboard.press("Tab")
    assert form.box("Training data").evaluate("box => box === document.activeElement"), "one after the other"
    form.keyboard.type(str(pairs_csv))
    form.keyboard.press("Tab")
    form.wait_text("Several columns could be the text")
    form.root.locator(".nbf-rows th", has_text="right").wait_for()
    form.box("Input column").focus()
    form.keyboard.type("le")
    form.box("Input column 2").focus()
    form.keyboard.type("ri")
    form.wait_text("54 train · 6 validation")

    form.type("Learning rate", "fast")
    form.wait_text('expected a number greater than 0, got the string "fast".')
    wrong = form.box("Learning rate")
    page.page.wait_for_function("box => box.getAttribute('aria-invalid') === 'true'", arg=wrong.element_handle())
    about, _ = (wrong.get_attribute("aria-describedby") or "").split()
    assert "fast" in page.page.locator(f"#{about}").inner_text()
    form.shot(f"form-{plain.app}-wrong.png")
    form.type("Learning rate", "1e-3")
    form.type("Epochs", "2")
    form.wait_text("14 steps (2 epochs of 54 examples, batch size 8)")

    more = form.root.get_by_role("button", name="More options")
    more.press("Enter")
    form.type("Search options", "use_cpu")
    form.root.locator(".nbf-count", has_text="1 of").wait_for()
    form.box("Use CPU").focus()
    form.keyboard.press("Space")
    form.wait_text("use_cpu = true")
    assert more.get_attribute("aria-expanded") == "true"
    form.shot(f"form-{plain.app}-more.png")
    more.press("Enter")

    cell = form.root.locator(".nbf-text pre").inner_text()
    assert cell.splitlines()[0] == "%%finetune --out run"
    assert "learning_rate = 0.001" in cell
    copies_cell(form, cell)
    page.run(2)
    page.page.wait_for_function("() => nbtest.panel().content.widgets.length > 3")
    written = page.page.evaluate("() => nbtest.cell(3).model.sharedModel.getSource()")
    assert written.strip() == cell.strip()

    form.button("Train").press("Enter")
    page.wait_text(1, "Finished", timeout=60)
    assert form.button("Train").evaluate("button => button === document.activeElement"), "the keyboard stays there"
    form.type("Epochs", "3000")
    form.button("Train").click()
    page.page.locator(".nbtrain-panel").wait_for()
    form.wait_text("Training: see below.")
    page.page.wait_for_function(
        """() => {
          const panel = document.querySelector('.nbtrain-panel').getBoundingClientRect();
          return panel.bottom <= innerHeight || panel.top < innerHeight / 3;
        }"""
    )
    assert form.button("Train").is_disabled()
    form.root.locator(".nbtrain-panel [data-curve^=behind]").wait_for()  # the first run's curve
    form.shot(f"form-{plain.app}-second.png")
    stop_run(form, 20)
    page.page.locator(".jp-OutputArea-output table th", has_text="run").first.wait_for()
    assert "num_train_epochs" in page.text(1).replace("\n", "")
    form.shot(f"form-{plain.app}-compared.png")
    page.wait_text(1, "Stopped at step")
    assert form.button("Train").evaluate("button => button === document.activeElement"), "not lost with the panel"

    form.button("Train").click()
    page.page.locator(".nbtrain-panel").wait_for()
    page.run(1)
    again = FormOnPage(page)
    again.wait_text("before this cell ran again")
    assert again.box("Model").input_value() == ""
    again.shot(f"form-{plain.app}-again.png")
    stop_run(again, 20)
    page.wait_text(1, "Stopped at step")
    assert [error for error in page.errors if error != NO_EXTENSION] == []


def copies_cell(form: FormOnPage, cell: str) -> None:
    """Copy the cell with the clipboard API, with the old API only, and without access to the clipboard."""
    page = form.page.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("() => { window.write = navigator.clipboard.writeText.bind(navigator.clipboard); }")
    refuse = "Object.defineProperty(navigator.clipboard, 'writeText', {value: () => Promise.reject()})"
    for prepare in ("null", refuse):
        page.evaluate("() => window.write('nothing')")
        page.evaluate(f"() => {{ {prepare}; }}")
        form.button("Copy cell").press("Enter")
        page.wait_for_function("text => navigator.clipboard.readText().then(copied => copied === text)", arg=cell)
        form.wait_text("Copied")
    page.evaluate("() => { document.execCommand = () => false; }")
    form.button("Copy cell").click()
    form.wait_text("clipboard")
    assert form.root.locator("textarea").input_value() == cell


@pytest.mark.skipif(not EXTENSION.exists(), reason="the extension is not built")
def test_with_the_extension_a_click_writes_the_cell(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    cells = ["%load_ext nbtrain", '%%finetune --form --out mine\n# ours\nmodel = "demo"\ndataset = "demo"', "1 + 1"]
    page = open_notebook(lab, write_notebook("write.ipynb", cells))
    page.run(0)
    page.run(1)
    form = FormOnPage(page)
    assert form.box("Model").input_value() == "demo"
    form.type("Seed", "7")
    form.button("Write cell").click()
    page.page.wait_for_function("() => nbtest.panel().content.widgets.length === 4")
    written = page.page.evaluate("() => nbtest.cell(2).model.sharedModel.getSource()")
    assert written == '%%finetune --out mine\n# ours\nmodel = "demo"\ndataset = "demo"\nseed = 7\n'
    assert page.page.evaluate("() => nbtest.panel().content.activeCellIndex") == 2

    source = "() => nbtest.cell(2).model.sharedModel.getSource()"
    form.type("Seed", "8")
    form.wait_text("seed = 8")
    form.button("Write cell").click()
    page.page.wait_for_function(f"() => ({source})().endsWith('seed = 8\\n')")
    page.page.evaluate("() => nbtest.cell(2).model.sharedModel.setSource('mine')")
    form.button("Write cell").click()
    page.page.wait_for_function("() => nbtest.panel().content.widgets.length === 5")
    assert page.page.evaluate("() => nbtest.cell(3).model.sharedModel.getSource()") == "mine", "nothing of it is lost"
    assert page.page.evaluate(source) == written.replace("seed = 7", "seed = 8")
    assert page.errors == []


@pytest.mark.parametrize("width", [pytest.param(1300, marks=pytest.mark.full), 600, 360])
def test_nothing_sticks_out_of_a_form_for_students(
    notebook7: JupyterServer,
    open_notebook: NotebookOpener,
    write_notebook: NotebookWriter,
    tiny_model: Path,
    pairs_csv: Path,
    width: int,
) -> None:
    students = STUDENTS.format(model=tiny_model, train=pairs_csv)
    page = open_notebook(notebook7, write_notebook("students.ipynb", ["%load_ext nbtrain", students]), width=width)
    page.run(0)
    page.run(1)
    form = FormOnPage(page)
    assert form.root.get_by_role("textbox").count() == 2, "the learning rate, and the name of the run"
    form.type("Learning rate", "1")
    form.wait_text("must be between 1e-5 and 0.01 in this form, got 1.")
    assert form.root.get_by_role("slider", name="Learning rate, slider").is_visible()
    form.shot(f"form-students-{width}.png")
    outside = """form => {
      const edge = form.getBoundingClientRect();
      return [...form.querySelectorAll('input, select, button, .nbf-problem, pre, label')].filter(part => {
        const box = part.getBoundingClientRect();
        return box.width > 1 && (box.right > edge.right || box.left < edge.left);
      }).map(part => part.outerHTML.slice(0, 100));
    }"""
    assert form.root.evaluate(outside) == []

"""Fine-tune cells with the JupyterLab extension: syntax highlighting, completion with help, error checking, form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.finetune_cell import KNOWN, RIGHT, WRONG, Cell

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer

PYTHON = "model = 3  # of Python"
BLOCKS = "import time; time.sleep(60)"
WITHOUT_NBTRAIN = """import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "nbtrain":
            raise ModuleNotFoundError("No module named 'nbtrain'", name="nbtrain")
sys.meta_path.insert(0, Missing())
"""
OPEN_FORM = "nbtrain:open-cell-form"
DRY = RIGHT.replace("%%finetune", "%%finetune --dry-run")
ASK_TO_RUN = """from nbtrain.notebook.kernel.channel import channel
from nbtrain.notebook.form import cell
for form in ("another", *cell._open):
    channel().send({"type": "form_run", "form": form})
"""
EDITABLE = "([i, editable]) => nbtest.cell(i).model.sharedModel.setMetadata('editable', editable)"


def colour(words: Locator, text: str) -> str:
    """The colour in which a word is shown."""
    shown: str = words.filter(has_text=text).first.evaluate("node => getComputedStyle(node).color")
    return shown


def test_colours_and_errors(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(jupyter, write_notebook("colours.ipynb", ["%load_ext nbtrain", WRONG, PYTHON]))
    page.run(0)
    cell = Cell(page, 1)
    cell.wait_underlined('"cosin"', "lerning_rate", "yes")
    kinds = ["%%finetune", "num_train_epochs", '"demo"', "5e-5", "# small"]
    assert len({colour(cell.colours, text) for text in kinds}) == len(kinds)
    assert colour(cell.colours, "model") == colour(cell.colours, "num_train_epochs")
    assert Cell(page, 2).colours.count() == 0

    cell.underlined.filter(has_text="lerning").hover()
    message = page.page.locator(".jp-nbtrain-problem")
    message.wait_for()
    assert "lerning_rate" in message.inner_text()
    assert page.page.locator(".cm-diagnosticAction").all_inner_texts() == ["Did you mean learning_rate?"]

    cell.click(0)
    for key in ("Home", "Shift+End", "Delete"):
        page.page.keyboard.press(key)
    cell.colours.first.wait_for(state="detached")
    assert cell.underlined.count() == 0
    page.page.keyboard.type("%%finetune")
    cell.wait_underlined('"cosin"', "lerning_rate", "yes")
    assert cell.colours.count() > 20
    assert page.errors == []


def test_completion_with_help(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(lab, write_notebook("complete.ipynb", ["%load_ext nbtrain\npupils_df = 1", KNOWN, PYTHON]))
    page.run(0)
    cell, keyboard = Cell(page, 1), page.page.keyboard
    cell.wait_underlined("-1")
    cell.click(-1)
    keyboard.type("lr_sched")
    assert cell.tab() == ["lr_scheduler_kwargs", "lr_scheduler_type"]
    keyboard.press("ArrowDown")
    page.page.locator(".jp-Completer-docpanel", has_text="Takes one of").wait_for()
    keyboard.press("Enter")
    keyboard.type('"lin')
    assert cell.tab() == ['"linear"']
    keyboard.press("Enter")
    assert cell.line("lr_sched") == 'lr_scheduler_type = "linear"'

    keyboard.press("Enter")
    keyboard.type('train = "$pup')
    assert cell.tab() == ['"$pupils_df"']
    keyboard.press("Tab")
    cell.wait_line('train = "$pupils_df"')

    python = Cell(page, 2)
    python.click(0)
    keyboard.press("Enter")
    keyboard.type("pupils_d")
    assert python.tab() == ["pupils_df"]  # the kernel's
    assert not page.page.locator(".jp-Completer-docpanel").is_visible()  # as JupyterLab has it
    assert page.errors == []


def test_completion_and_check_work_while_the_kernel_is_busy_even_after_a_reload(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(lab, write_notebook("busy.ipynb", ["%load_ext nbtrain", KNOWN, BLOCKS]))
    page.run(0)
    cell, keyboard = Cell(page, 1), page.page.keyboard
    cell.wait_underlined("-1")
    page.run(2, wait=False)
    page.page.wait_for_function("() => nbtest.panel().sessionContext.session.kernel.status === 'busy'")
    page.save()
    page.page.wait_for_timeout(1500)  # JupyterLab keeps its state with a delay
    page.reload()  # this page has never heard from the kernel
    cell.click(-1)
    keyboard.type("max_s")
    assert cell.tab() == ["max_steps"]
    keyboard.press("Tab")
    keyboard.type('"4"')
    cell.wait_underlined("-1", '"4"')
    cell.underlined.last.hover()
    message = page.page.locator(".jp-nbtrain-problem")
    message.wait_for()
    what = message.inner_text().split("\n")[0]
    assert "max_steps" in what and "integer" in what and '"4"' in what
    assert page.errors == []


def test_form_on_a_cell(jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter) -> None:
    page = open_notebook(jupyter, write_notebook("cellform.ipynb", [PYTHON, RIGHT]))
    cell, keyboard = Cell(page, 1), page.page.keyboard
    cell.click(-1)
    cell.root.locator(".jp-nbtrain-form-button").click()
    cell.wait_field("learning_rate", "5e-5")

    cell.field("learning_rate").fill("3e-5")
    cell.field("learning_rate").press("Enter")
    cell.wait_line("learning_rate = 3e-5  # small")
    cell.field("num_train_epochs").fill("4")
    cell.field("num_train_epochs").press("Enter")
    cell.wait_line("num_train_epochs = 4")
    assert cell.source == RIGHT.replace("5e-5", "3e-5").replace("epochs = 3", "epochs = 4")

    cell.click(3)
    keyboard.type("0")
    cell.wait_field("num_train_epochs", "40")
    keyboard.press("Control+z")
    cell.wait_line("num_train_epochs = 4")
    keyboard.press("Control+z")
    cell.wait_line("num_train_epochs = 3")
    assert "3e-5" in cell.source
    cell.wait_field("num_train_epochs", "3")

    cell.form.get_by_role("button", name="Close the form").click()
    assert cell.form.count() == 0
    assert page.errors == []


def test_a_form_runs_its_cell(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(lab, write_notebook("formrun.ipynb", ["%load_ext nbtrain", DRY, ASK_TO_RUN]))
    page.run(0)
    cell = Cell(page, 1)
    cell.click(-1)
    cell.root.locator(".jp-nbtrain-form-button").click()
    cell.wait_field("learning_rate", "5e-5")
    page.run(2)
    page.page.wait_for_function("() => nbtest.cell(1).model.executionCount !== null")
    page.wait_text(1, "demo")
    assert [page.page.evaluate("i => nbtest.cell(i).model.executionCount", i) for i in (2, 1)] == [2, 3]
    assert page.page.evaluate("() => nbtest.panel().content.activeCellIndex") == 2
    assert cell.form.count() == 1
    assert page.errors == []


def test_a_cell_with_an_open_form_can_be_moved_and_cut(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(lab, write_notebook("moved.ipynb", [PYTHON, RIGHT, PYTHON]))
    for command, index, left in (("notebook:move-cell-up", 1, 3), ("notebook:cut-cell", 0, 2)):
        cell = Cell(page, index)
        cell.click(-1)
        cell.root.locator(".jp-nbtrain-form-button").click()
        cell.wait_field("learning_rate", "5e-5")
        page.page.evaluate("command => window.jupyterapp.commands.execute(command)", command)
        cell.form.wait_for(state="detached")
        assert page.page.evaluate("() => nbtest.panel().content.widgets.length") == left
    assert page.errors == []


def test_a_cell_that_is_read_only_has_no_form(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(lab, write_notebook("readonly.ipynb", [PYTHON, RIGHT]))
    cell = Cell(page, 1)
    enabled = f"() => window.jupyterapp.commands.isEnabled('{OPEN_FORM}')"
    cell.click(-1)
    button = cell.root.locator(".jp-nbtrain-form-button")
    button.click()
    cell.wait_field("learning_rate", "5e-5")
    page.page.evaluate(EDITABLE, [1, False])
    cell.form.wait_for(state="detached")
    button.wait_for(state="hidden")
    assert page.page.evaluate(enabled) is False
    page.page.evaluate(EDITABLE, [1, True])
    button.wait_for()
    assert page.page.evaluate(enabled) is True
    assert page.errors == []


def test_form_without_nbtrain_says_so(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(lab, write_notebook("without.ipynb", [WITHOUT_NBTRAIN, RIGHT]))
    page.run(0)
    cell = Cell(page, 1)
    cell.click(-1)
    page.page.evaluate(f"() => window.jupyterapp.commands.execute('{OPEN_FORM}')")
    cell.form.get_by_text("nbtrain is not installed in this notebook's kernel").wait_for()
    assert "Traceback" not in cell.root.inner_text()
    page.page.evaluate(f"() => window.jupyterapp.commands.execute('{OPEN_FORM}')")
    assert cell.form.count() == 0
    assert page.errors == []

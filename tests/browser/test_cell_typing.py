"""Fine-tune cells while one types: fixes as buttons, and completions that come up by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.finetune_cell import KNOWN, WRONG, Cell
from tests.browser.runs_panel import SET

if TYPE_CHECKING:
    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer

MISSPELT = WRONG.replace("learning_rate = 5e-5  # small\n", "")
COMPLETER = "@jupyterlab/completer-extension:manager"


def test_a_fix_is_a_button_and_a_key(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(lab, write_notebook("fixes.ipynb", ["%load_ext nbtrain", MISSPELT]))
    page.run(0)
    cell, keyboard = Cell(page, 1), page.page.keyboard
    cell.wait_underlined('"cosin"', "lerning_rate", "yes")
    wrong = cell.underlined.filter(has_text="lerning")
    wrong.hover()
    button = page.page.get_by_role("button", name="Did you mean learning_rate?")
    button.wait_for()
    box, wave = page.page.locator(".cm-tooltip-lint").bounding_box(), wrong.bounding_box()
    assert box is not None and wave is not None
    assert box["y"] >= wave["y"] + wave["height"] + 4, "the wavy line is not covered"
    button.click()
    cell.wait_line("learning_rate = 3")
    cell.wait_underlined('"cosin"', "yes")
    keyboard.press("Control+z")
    cell.wait_line("lerning_rate = 3")
    cell.wait_underlined('"cosin"', "lerning_rate", "yes")
    cell.underlined.filter(has_text="cosin").click()
    keyboard.press("Control+.")
    cell.wait_line('lr_scheduler_type = "cosine"')
    assert page.errors == []


def test_completion_while_one_types(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(lab, write_notebook("typing.ipynb", ["%load_ext nbtrain", KNOWN]))
    page.run(0)
    cell, keyboard = Cell(page, 1), page.page.keyboard
    cell.wait_underlined("-1")
    cell.click(-1)
    keyboard.type("warm")
    page.page.wait_for_timeout(500)
    assert cell.completions.count() == 0, "as JupyterLab has it"
    page.page.evaluate(SET, ["autoCompletion", True, COMPLETER])
    keyboard.type("u", delay=50)
    cell.completions.first.wait_for()
    keyboard.press("Enter")
    cell.wait_line("warmup_steps = ")
    keyboard.type("4", delay=50)
    page.page.wait_for_timeout(500)
    assert cell.completions.count() == 0, "Enter would replace the number"
    keyboard.press("Enter")
    keyboard.type('eval_strategy = "ep', delay=50)
    cell.completions.filter(has_text='"epoch"').wait_for()
    keyboard.press("Enter")
    cell.wait_line('eval_strategy = "epoch"')
    page.page.evaluate(SET, ["autoCompletion", False, COMPLETER])
    assert page.errors == []

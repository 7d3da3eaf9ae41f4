"""The commands of the JupyterLab extension."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrain.config.describe import template
from tests.browser.runs_panel import LOAD, active_cell, source, training

if TYPE_CHECKING:
    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer

pytestmark = pytest.mark.training


def test_commands(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, tiny_model: Path
) -> None:
    page = open_notebook(jupyter, write_notebook("commands.ipynb", ["# first"]))
    enabled = "id => window.jupyterapp.commands.isEnabled(id)"
    label = "id => window.jupyterapp.commands.label(id)"
    assert page.page.evaluate(enabled, "nbtrain:export-run") is False
    assert "no named run" in page.page.evaluate(label, "nbtrain:export-run")

    page.page.locator(".jp-NotebookPanel-toolbar [data-command='nbtrain:insert-cell']").click()
    page.page.wait_for_function("() => nbtest.panel().content.widgets.length === 3")
    assert source(page, 1) == "%load_ext nbtrain"
    assert source(page, 2) == "%%finetune --out run\n" + template()
    page.page.wait_for_function("() => nbtest.cell(1).model.executionCount === 1")
    assert active_cell(page) == 2

    page.page.evaluate(
        "text => nbtest.cell(2).model.sharedModel.setSource(text)", LOAD.split("\n", 1)[1] + "import nbtrain\n"
    )
    page.run(2)
    page.page.evaluate("() => window.jupyterapp.commands.execute('nbtrain:insert-cell')")
    page.page.wait_for_function("() => nbtest.panel().content.widgets.length === 4")
    page.page.evaluate("text => nbtest.cell(3).model.sharedModel.setSource(text)", training(tiny_model, "best"))
    page.run(3)
    page.page.wait_for_function(f"() => ({enabled})('nbtrain:export-run')")
    assert page.page.evaluate(label, "nbtrain:export-run") == "Export Run as Script"
    page.page.evaluate("() => window.jupyterapp.commands.execute('nbtrain:export-run')")
    page.wait_text(4, "best.py")
    assert source(page, 4) == 'best.export("best.py")'

    page.page.evaluate("text => nbtest.cell(0).model.sharedModel.setSource(text)", training(tiny_model, "second"))
    page.run(0)
    page.page.evaluate("() => { window.jupyterapp.commands.execute('nbtrain:compare'); }")
    dialog = page.page.locator(".jp-Dialog")
    rows = dialog.locator("tbody tr:visible")
    rows.first.wait_for()
    assert [row.split(" ")[0].strip() for row in rows.all_inner_texts()] == ["second", "best"]
    assert all("accuracy" in row for row in rows.all_inner_texts())
    boxes = [rows.nth(index).get_by_role("checkbox") for index in range(2)]
    assert all(box.is_checked() for box in boxes)
    rows.nth(0).click()
    rows.nth(1).click()
    compare = dialog.get_by_role("button", name="Compare")
    assert compare.is_disabled()
    rows.nth(1).click()
    compare.click()
    page.page.wait_for_function("() => nbtest.panel().content.widgets.length === 6")
    assert source(page, active_cell(page)).endswith("nbtrain.compare(best)")
    page.page.evaluate("() => window.jupyterapp.commands.execute('notebook:delete-cell')")

    write = (
        "from nbtrain.notebook.kernel.channel import channel\n"
        'channel().send({"type": "write", "text": "%%finetune\\nlearning_rate = 1e-4", "below": channel().cell_id()})'
    )
    page.page.evaluate("text => nbtest.cell(0).model.sharedModel.setSource(text)", write)
    page.run(0)
    page.page.wait_for_function("() => nbtest.panel().content.widgets.length === 6")
    assert source(page, 1) == "%%finetune\nlearning_rate = 1e-4"
    assert active_cell(page) == 1
    assert page.errors == []

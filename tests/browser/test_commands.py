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

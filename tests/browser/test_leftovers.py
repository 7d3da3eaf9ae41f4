"""Forms and panels in a saved notebook without their kernel: the JupyterLab extension replaces the error messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from tests.browser.jupyter import KERNEL
from tests.browser.runs_panel import WIDGET

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer

TEXT = "%%finetune --out run\nlearning_rate = 3e-5"


def saved(metadata: dict[str, Any]) -> nbformat.NotebookNode:
    """A cell with a widget that no kernel has."""
    data = {WIDGET: {"model_id": "gone", "version_major": 2, "version_minor": 0}, "text/plain": TEXT}
    return nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data", data, metadata=metadata)])


@pytest.mark.parametrize("kernel", [None, KERNEL], ids=["without a kernel", "with a new kernel"])
def test_a_form_is_its_text_and_a_panel_is_nothing(
    jupyter: JupyterServer,
    open_notebook: NotebookOpener,
    write_notebook: NotebookWriter,
    notebooks: Path,
    kernel: str | None,
) -> None:
    form, panel = {"nbtrain": {"part": "form"}}, {"nbtrain": {"run": "20260101-120000-abcd", "part": "panel"}}
    cells = [saved({}), saved(form), saved(panel)]
    name = write_notebook(f"leftovers-{kernel}.ipynb", cells, kernel)
    # Trusted, as if the server had saved it: an untrusted notebook renders no widgets.
    NotebookNotary(data_dir=str(jupyter.root / "data")).sign(nbformat.read(notebooks / name, as_version=4))
    page = open_notebook(jupyter, name)
    others = "Loading widget" if kernel is None else "Error displaying widget: model not found"
    page.wait_text(0, others)  # as ipywidgets has it
    page.wait_text(1, "learning_rate = 3e-5")
    assert page.text(1).strip() == TEXT
    page.page.wait_for_function("() => nbtest.cell(2).outputArea.node.innerText.trim() === ''")
    assert others in page.text(0)
    assert [page.outputs(number) for number in range(3)] == [cell.outputs for cell in cells]
    assert [error for error in page.errors if "widget model not found" not in error] == []


def test_after_a_restart_a_form_is_marked(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(jupyter, write_notebook("gone.ipynb", ["%load_ext nbtrain", "%finetune --form"]))
    page.run(0)
    page.run(1)
    form = page.page.locator(".nbf-form")
    form.get_by_label("Model", exact=True).fill("demo")
    page.page.evaluate("() => { void nbtest.panel().sessionContext.session.kernel.restart(); }")
    page.page.wait_for_function("() => document.querySelector('.nbf-form').inert")
    assert "run this cell again" in (form.get_attribute("data-jp-nbtrain-gone") or "")
    assert "run this cell again" in form.evaluate("form => getComputedStyle(form, '::after').content")
    page.page.wait_for_function("() => nbtest.panel().sessionContext.session.kernel.status === 'idle'")
    page.run(0)
    page.run(1)
    page.page.wait_for_function("() => !document.querySelector('.nbf-form').inert")

"""Cells that are queued together: the page learns of a run whose cell runs immediately after `%load_ext`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.runs_panel import LOAD, LONG, RunsPanel, training

if TYPE_CHECKING:
    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer
    from tests.browser.page import NotebookPage

pytestmark = [pytest.mark.browser, pytest.mark.training]

SLOW_IMPORT = 180_000
"""Milliseconds: each kernel is a fresh one, which imports everything first."""


def run_all(page: NotebookPage) -> None:
    page.run_all()


def two_quick_shift_enters(page: NotebookPage) -> None:
    page.page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    page.page.keyboard.press("Shift+Enter")
    page.page.wait_for_timeout(150)
    page.page.keyboard.press("Shift+Enter")


def restart_and_run_all(page: NotebookPage) -> None:
    page.run(0)
    page.page.evaluate("() => nbtest.panel().sessionContext.session.kernel.restart()")
    page.run_all()


@pytest.mark.parametrize(
    ("app", "start"),
    [
        ("lab", run_all),
        pytest.param("lab", two_quick_shift_enters, marks=pytest.mark.full),
        ("lab", restart_and_run_all),
        pytest.param("notebook7", run_all, marks=pytest.mark.full),
    ],
)
def test_a_run_whose_cell_was_queued_behind_load_ext_is_live(
    app: str,
    start: Callable[[NotebookPage], None],
    request: pytest.FixtureRequest,
    open_notebook: NotebookOpener,
    write_notebook: NotebookWriter,
    tiny_model: Path,
) -> None:
    server: JupyterServer = request.getfixturevalue(app)
    name = write_notebook(f"{start.__name__}.ipynb", [LOAD, training(tiny_model, epochs=LONG), "print('after')"])
    page = open_notebook(server, name, width=1000)
    page.page.set_default_timeout(SLOW_IMPORT)
    panel = RunsPanel(page)
    start(page)
    panel.wait_for("run", "running")
    panel.wait_for_steps("run")
    status = page.page.locator(".jp-nbtrain-status")
    if app == "lab":
        assert re.search(r"^run: step [\d,]+/40,000, training loss [\d.]+, [\d:]+ left$", status.inner_text())
    panel.shot(f"{start.__name__}-{app}.png")
    panel.button("run", "Stop").click()
    panel.wait_for("run", "stopped")
    if start is not two_quick_shift_enters:
        page.wait_done(2)
        assert page.text(2).strip() == "after"
    assert page.errors == []

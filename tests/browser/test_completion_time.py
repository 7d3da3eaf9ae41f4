"""The time until completions appear in a fine-tune cell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.browser.test_finetune_cells import BLOCKS, KNOWN, Cell

if TYPE_CHECKING:
    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer


@pytest.mark.timing
def test_completions_come_before_jupyterlab_stops_waiting_for_a_busy_kernel(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(lab, write_notebook("waiting.ipynb", ["%load_ext nbtrain", KNOWN, BLOCKS]))
    page.run(0)
    cell = Cell(page, 1)
    cell.wait_underlined("-1")
    page.run(2, wait=False)
    page.page.wait_for_function("() => nbtest.panel().sessionContext.session.kernel.status === 'busy'")
    cell.click(-1)
    page.page.keyboard.type("max_s")
    begin = time.monotonic()
    assert cell.tab() == ["max_steps"]
    assert time.monotonic() - begin < 0.9, "JupyterLab waits a second for the kernel"
    assert page.errors == []

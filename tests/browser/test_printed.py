"""What callbacks print is in the cell, also after a reload of the page, without gaps and once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.runs_panel import LOAD, LONG, RunsPanel, training

if TYPE_CHECKING:
    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer
    from tests.browser.page import NotebookPage

pytestmark = pytest.mark.training

TALK = """
from transformers import TrainerCallback
class Talk(TrainerCallback):
    count = 0
    def on_epoch_end(self, args, state, control, **kwargs):
        self.count += 1
        print("epoch", self.count)
talk = Talk()
"""


@pytest.mark.parametrize("options", ["--out run", pytest.param("--out run --background", marks=pytest.mark.full)])
def test_prints_of_callbacks_reach_the_cell_after_a_reload(
    options: str, lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, tiny_model: Path
) -> None:
    cell = training(tiny_model, epochs=LONG).replace("--out run", options) + '\ncallbacks = ["$talk"]'
    is_background = "--background" in options
    name = write_notebook(f"printed-{is_background}.ipynb", [LOAD + TALK, cell])
    page = open_notebook(lab, name, theme="dark" if is_background else "light")
    panel = RunsPanel(page)
    page.run(0)
    page.run(1, wait=False)
    page.wait_text(1, "epoch 3\n")
    page.save()
    page.wait_text(1, "epoch 6\n")
    page.reload()
    panel = RunsPanel(page)
    panel.wait_for("run", "running")
    page.wait_text(1, "epoch 10\n")
    panel.shot(f"printed-{is_background}.png")
    panel.button("run", "Stop").click()
    panel.wait_for("run", "stopped")
    page.wait_text(1, "Stopped at step")
    page.page.wait_for_timeout(2_500)
    panel.shot(f"printed-{is_background}-stopped.png")
    before = printed(page)
    assert before == [f"epoch {number}" for number in range(1, len(before) + 1)]
    assert len(before) >= 10

    page.save()
    page.reload()
    RunsPanel(page).wait_for("run", "stopped")
    page.page.wait_for_timeout(2_500)
    assert printed(page) == before
    assert page.page.evaluate("() => nbtest.panel().model.dirty") is False


def printed(page: NotebookPage) -> list[str]:
    texts = [output["text"] for output in page.outputs(1) if output["output_type"] == "stream"]
    return "".join(text if isinstance(text, str) else "".join(text) for text in texts).splitlines()

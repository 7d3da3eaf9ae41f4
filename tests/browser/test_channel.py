"""What the kernel knows about the page, and the metadata of the outputs of a run."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    import pandas as pd

    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer

SUMMARIES = """from nbtrain.notebook.kernel.channel import channel
print([(one["name"], one["cell"], one["head"]["status"]) for one in channel().feeds.summaries()])"""


def test_the_cell_of_a_run_and_the_marks_on_its_outputs(
    jupyter: JupyterServer,
    open_notebook: NotebookOpener,
    write_notebook: NotebookWriter,
    notebooks: Path,
    tiny_model: Path,
    pairs: pd.DataFrame,
) -> None:
    pairs.to_csv(notebooks / "pairs.csv", index=False)
    keys = [f'model = "{tiny_model}"', 'train = "pairs.csv"', 'text = ["left", "right"]', "num_train_epochs = 2"]
    name = write_notebook("channel.ipynb", ["%load_ext nbtrain", "\n".join(["%%finetune --out run", *keys]), SUMMARIES])
    page = open_notebook(jupyter, name)
    for cell in range(3):
        page.run(cell, wait=False)
        page.wait_done(cell)
    id = page.page.evaluate("() => nbtest.cell(1).model.id")
    assert ast.literal_eval(page.text(2)) == [("run", id, "finished")]
    panel, record = (output["metadata"]["nbtrain"] for output in page.outputs(1))
    assert panel["part"] == "panel" and record["part"] == "record"
    assert panel["run"] == record["run"]
    page.save()
    saved = nbformat.read(notebooks / name, as_version=4)
    nbformat.validate(saved)
    assert [output.metadata.nbtrain.part for output in saved.cells[1].outputs] == ["panel", "record"]
    assert saved.cells[1].outputs[1].data["application/vnd.nbtrain.run.v1+json"]["run"] == record["run"]
    page.close()
    again = open_notebook(jupyter, name)
    assert "accuracy" in again.text(1)

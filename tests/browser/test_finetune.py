"""A `%%finetune` cell as a user sees it: the live panel, the record, the notebook reopened without a kernel."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer

pytestmark = pytest.mark.training


def mrpc(data_dir: Path, *lines: str) -> list[str]:
    """The cells of a notebook that trains the demo weights on MRPC."""
    keys = ['model = "demo"', f'train = "{data_dir}/mrpc/train.csv"', f'validation = "{data_dir}/mrpc/validation.csv"']
    cell = "\n".join(["%%finetune --out run", *keys, 'metrics = ["accuracy", "f1"]', *lines])
    return ["%load_ext nbtrain", cell, "run.predictions.head(3)", "print(run.status, run.metrics['accuracy'].max())"]


def few(data_dir: Path, *lines: str) -> list[str]:
    return mrpc(data_dir, "max_train_samples = 160", "max_eval_samples = 48", "num_train_epochs = 2", *lines)


def test_panel_then_record_then_reopened(
    jupyter: JupyterServer,
    open_notebook: NotebookOpener,
    write_notebook: NotebookWriter,
    data_dir: Path,
    tmp_path: Path,
) -> None:
    name = write_notebook("finetune.ipynb", few(data_dir))
    page = open_notebook(jupyter, name, theme="dark", width=900)
    page.run(0)
    page.run(1, wait=False)
    page.wait_text(1, "Training", timeout=120)
    page.wait_text(1, " / 40", timeout=120)
    page.screenshot(tmp_path / "live.png")
    page.wait_done(1, timeout=300)

    text = page.text(1)
    assert "Finished" in text
    assert "accuracy" in text
    kinds = [set(output["data"]) for output in page.outputs(1)]
    record = {"text/html", "text/plain", "application/vnd.nbtrain.run.v1+json"}
    assert kinds == [{"text/html", "text/plain"}, record]
    page.page.locator(".jp-nbtrain-record canvas").wait_for()
    page.run(2)
    assert "sentence1" in page.text(2)
    assert page.errors == []
    page.screenshot(tmp_path / "record.png")
    page.save()
    page.shutdown_kernel()
    page.close()

    again = open_notebook(jupyter, name)
    assert "accuracy" in again.text(1)
    assert "Error displaying widget" not in again.text(1)
    assert "Loading widget" not in again.text(1)
    again.page.locator(".jp-nbtrain-record canvas").wait_for()
    assert again.outside == []


@pytest.mark.full
def test_interrupt_button_stops_and_keeps(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, data_dir: Path
) -> None:
    page = open_notebook(lab, write_notebook("interrupt.ipynb", mrpc(data_dir, 'eval_strategy = "no"')))
    page.run(0)
    page.run(1, wait=False)
    page.wait_text(1, " / 1,377", timeout=120)
    page.page.wait_for_timeout(2000)
    page.page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    page.wait_done(1, timeout=120)
    text = page.text(1)
    assert re.search(r"Interrupted at step \d+ of 1377", text)
    assert "Traceback" not in text
    page.run(2)
    assert "sentence1" in page.text(2)


@pytest.mark.full
@pytest.mark.timeout(3600)  # minutes on a CPU with bfloat16, half an hour on an old one
def test_mrpc_reaches_the_headline(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, data_dir: Path
) -> None:
    """Three epochs of the demo weights on the whole of MRPC; always answering "equivalent" has accuracy 0.684."""
    page = open_notebook(
        lab,
        write_notebook(
            "mrpc.ipynb",
            mrpc(
                data_dir,
                "num_train_epochs = 3",
                "per_device_train_batch_size = 16",
                "learning_rate = 1e-4",
                "use_cpu = true",
            ),
        ),
    )
    page.run(0)
    page.run(1, wait=False)
    page.wait_done(1, timeout=3400)
    page.run(3)
    status, accuracy = page.text(3).split()
    assert status == "finished"
    assert float(accuracy) >= 0.78

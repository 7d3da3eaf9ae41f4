"""Without an interactive front end: nbclient, papermill, nbconvert and terminal IPython."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

MakeCell = Callable[..., str]


def write_notebook(path: Path, *cells: str) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def test_papermill_runs_it_with_parameters(make_cell: MakeCell, tmp_path: Path) -> None:
    import papermill

    source = write_notebook(
        tmp_path / "in.ipynb",
        "epochs = 9",
        "%load_ext nbtrain",
        make_cell("--out run", 'num_train_epochs = "$epochs"'),
        "len(run.metrics)",
    )
    notebook = nbformat.read(source, as_version=4)
    notebook.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, source)
    done = papermill.execute_notebook(
        source, tmp_path / "out.ipynb", {"epochs": 2}, cwd=tmp_path, progress_bar=False, kernel_name="python3"
    )
    train, count = done.cells[-2], done.cells[-1]
    assert count.outputs[0]["data"]["text/plain"] == "2"
    text = "".join(output.get("text", "") for output in train.outputs)
    assert "accuracy" in text
    kinds = [kind for output in train.outputs for kind in output.get("data", {})]
    assert "application/vnd.jupyter.widget-view+json" not in kinds
    assert kinds.count("text/html") == 1
    assert "widgets" not in done.metadata


def test_a_mistake_stops_nbclient_at_its_cell(make_cell: MakeCell, tmp_path: Path) -> None:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(
        write_notebook(tmp_path / "n.ipynb", "%load_ext nbtrain", make_cell("--out run", "epochs = 3"), "after = 1"),
        as_version=4,
    )
    with pytest.raises(CellExecutionError, match="num_train_epochs"):
        NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert notebook.cells[2].execution_count is None


def test_nbconvert_shows_the_record(make_cell: MakeCell, tmp_path: Path) -> None:
    source = write_notebook(tmp_path / "n.ipynb", "%load_ext nbtrain", make_cell("--out run", "max_steps = 3"))
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", str(source), "--output", "n.html"]
    said = subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, text=True).stderr
    assert "vnd.nbtrain" not in said and "mimetype" not in said, "no warning of its MIME type"
    assert "comm target" not in said, "no comm is opened"
    page = (tmp_path / "n.html").read_text()
    assert "vnd.nbtrain" not in page
    assert "data:image/png;base64," in page
    assert "accuracy" in page
    assert "Loading widget" not in page


def test_terminal_ipython_prints_a_table(make_cell: MakeCell, tmp_path: Path) -> None:
    cell = make_cell("--out run", "num_train_epochs = 2", 'save_strategy = "no"')
    load, train = "get_ipython().run_line_magic('load_ext', 'nbtrain')", f"get_ipython().run_cell({cell!r})"
    command = [
        sys.executable,
        "-m",
        "IPython",
        "--no-banner",
        "--colors=NoColor",
        "-c",
        "; ".join([load, train, "print(run.status)"]),
    ]
    done = subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip().endswith("finished")
    assert done.stdout.count("\n") > 4
    assert "accuracy" in done.stdout
    assert done.stderr == ""


@pytest.mark.training
def test_papermill_trains_real_weights_on_mrpc(data_dir: Path, tmp_path: Path) -> None:
    import papermill

    keys = ['model = "demo"', f'train = "{data_dir}/mrpc/train.csv"', f'validation = "{data_dir}/mrpc/validation.csv"']
    few = ["max_train_samples = 96", "max_eval_samples = 48", "num_train_epochs = 2", 'metrics = ["accuracy", "f1"]']
    cell = "\n".join(["%%finetune --out run", *keys, *few])
    source = write_notebook(tmp_path / "in.ipynb", "%load_ext nbtrain", cell, "run.predictions.shape")
    done = papermill.execute_notebook(
        source, tmp_path / "out.ipynb", cwd=tmp_path, progress_bar=False, kernel_name="python3"
    )
    assert done.cells[2].outputs[0]["data"]["text/plain"] == "(48, 10)"
    text = "".join(output.get("text", "") for output in done.cells[1].outputs)
    assert [line.split()[0] for line in text.splitlines() if line.strip()[:1].isdigit()] == ["12", "24"]

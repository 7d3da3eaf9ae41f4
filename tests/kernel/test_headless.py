"""Without an interactive front end: nbclient, papermill, nbconvert and terminal IPython."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from nbtrain.views.record_json import MIME_TYPE
from tests.kernel.conftest import Kernel

MakeCell = Callable[..., str]


def write_notebook(path: Path, *cells: str) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def execute(folder: Path, *cells: str, allow_errors: bool = False) -> list[Any]:
    """The cells of a notebook that nbclient has executed."""
    from nbclient import NotebookClient

    notebook = nbformat.read(write_notebook(folder / "n.ipynb", *cells), as_version=4)
    options = {"kernel_name": "python3", "resources": {"metadata": {"path": str(folder)}}}
    NotebookClient(notebook, allow_errors=allow_errors, **options).execute()
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata, "GitHub renders no notebook whose widgets have no state"
    return list(notebook.cells)


def assert_is_one_record(cell: Any, *, rows: int, status: str = "finished") -> None:
    """The one thing that the cell shows is the record of a run with so many evaluations; no table of text is left."""
    assert [output["output_type"] for output in cell.outputs] == ["display_data"]
    [output] = cell.outputs
    assert set(output["data"]) == {"text/html", "text/plain", MIME_TYPE}
    assert output["metadata"]["nbtrain"]["part"] == "record"
    assert output["data"][MIME_TYPE]["head"]["status"] == status
    assert len(output["data"][MIME_TYPE]["rows"]) == rows


def test_while_it_trains_text_grows_and_then_gives_way(make_cell: MakeCell, tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    try:
        assert kernel.execute("%load_ext nbtrain") == "ok"
        assert kernel.execute(make_cell("--out run", "num_train_epochs = 3"), allow_stdin=False) == "ok", kernel.error()
        shown = [one["content"] for one in kernel.outputs if "data" in one["content"]]
        assert len({content["transient"]["display_id"] for content in shown}) == 1
        assert [one["msg_type"] for one in kernel.outputs if "data" in one["content"]].count("display_data") == 1
        *texts, last = [content["data"]["text/plain"] for content in shown]
        assert all(after.startswith(before) for before, after in itertools.pairwise(texts))
        assert len(set(texts)) >= 5, "a line for the beginning, each evaluation, and the end"
        assert not last.startswith(texts[0])
    finally:
        kernel.close()


@pytest.mark.full
def test_each_run_of_a_notebook_has_its_record(make_cell: MakeCell, tmp_path: Path) -> None:
    twice = "import nbtrain\nprint('before')\nfor _ in range(2):\n    nbtrain.finetune('run.toml')\nprint('after')"
    cell = make_cell("--out run", "num_train_epochs = 2", 'save_strategy = "no"')
    (tmp_path / "run.toml").write_text(cell.split("\n", 1)[1])
    _, first, second, both = execute(tmp_path, "%load_ext nbtrain", cell, cell, twice)
    assert_is_one_record(first, rows=2)
    assert_is_one_record(second, rows=2)
    assert first.outputs[0]["metadata"] != second.outputs[0]["metadata"]
    kinds = [output["output_type"] for output in both.outputs]
    assert kinds == ["stream", "display_data", "display_data", "stream"], "what the cell prints itself is kept"
    assert all("text/html" in output["data"] for output in both.outputs[1:3])


def test_the_record_is_the_result_where_no_variable_is_named(make_cell: MakeCell, tmp_path: Path) -> None:
    _, cell = execute(tmp_path, "%load_ext nbtrain", make_cell("", "max_steps = 3"))
    shown = [output for output in cell.outputs if any(output.get("data", {"": output.get("text")}).values())]
    assert [output["output_type"] for output in shown] == ["execute_result"]
    assert shown[0]["data"][MIME_TYPE]["head"]["status"] == "finished"


def test_quiet_shows_nothing(make_cell: MakeCell, tmp_path: Path) -> None:
    _, cell, after = execute(
        tmp_path, "%load_ext nbtrain", make_cell("--out run --quiet", "max_steps = 3"), "run.status"
    )
    assert cell.outputs == []
    assert after.outputs[0]["data"]["text/plain"] == "'finished'"


def test_a_training_that_fails_loses_nothing(make_cell: MakeCell, tmp_path: Path) -> None:
    fails = """
import transformers
class Fails(transformers.TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        print("step", state.global_step)
        if state.epoch > 1.5:
            raise RuntimeError("the sky fell")
fails = Fails()
"""
    lines = ["num_train_epochs = 3", "max_train_samples = 40", 'callbacks = "$fails"']
    cells = ["%load_ext nbtrain", fails, make_cell("--out run", *lines), "run.status"]
    *_, cell, after = execute(tmp_path, *cells, allow_errors=True)
    [record] = [output for output in cell.outputs if output["output_type"] == "display_data"]
    assert (record["data"][MIME_TYPE]["head"]["status"], len(record["data"][MIME_TYPE]["rows"])) == ("failed", 1)
    for said in ("the sky fell", "40 of", "accuracy"):
        assert said in record["data"]["text/html"]
        assert said in record["data"]["text/plain"]
    assert any(output.get("text", "").startswith("step 1\n") for output in cell.outputs)
    assert after.outputs[0]["data"]["text/plain"] == "'failed'"


def test_what_fails_before_training_keeps_its_text(make_cell: MakeCell, tmp_path: Path) -> None:
    cells = ["%load_ext nbtrain", make_cell("--out run --background", 'label = "nothing"')]
    *_, cell = execute(tmp_path, *cells, allow_errors=True)
    [text] = [output for output in cell.outputs if output["output_type"] == "display_data"]
    assert set(text["data"]) == {"text/plain"}
    assert "`nothing`" in text["data"]["text/plain"] and "--background" in text["data"]["text/plain"]
    [error] = [output for output in cell.outputs if output["output_type"] == "error"]
    assert "`nothing`" in error["evalue"]


def test_a_run_that_cannot_be_in_the_background_says_so_in_its_record(make_cell: MakeCell, tmp_path: Path) -> None:
    _, cell = execute(tmp_path, "%load_ext nbtrain", make_cell("--out run --background", "num_train_epochs = 2"))
    assert_is_one_record(cell, rows=2)
    assert "--background" in cell.outputs[0]["data"]["text/html"]


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
    assert_is_one_record(train, rows=2)
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
@pytest.mark.full
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
    assert_is_one_record(done.cells[1], rows=2)
    assert [row["step"] for row in done.cells[1].outputs[0]["data"][MIME_TYPE]["rows"]] == [12, 24]

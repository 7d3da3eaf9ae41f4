"""The file of a notebook that a front end saved, during and after a run: valid, and readable in every renderer."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from nbtrain.notebook.displays import NOT_DRAWN
from nbtrain.views.record_json import MIME_TYPE
from tests.browser.jupyter import KERNEL, JupyterServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.conftest import NotebookOpener, NotebookWriter

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
GATE = """
import time, transformers
from pathlib import Path
class Gate(transformers.TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        while state.global_step == 2 and not Path("gate").exists():
            time.sleep(0.05)
gate = Gate()
"""


def read(path: Path) -> nbformat.NotebookNode:
    """The notebook, if it is valid for nbformat and for GitHub, which renders none with widgets without a state."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    widgets: dict[str, Any] = notebook.metadata.get("widgets", {})
    assert all("state" in content for content in widgets.values())
    states = widgets.get(WIDGET_STATE, {}).get("state", {})
    assert not any("nbtrain" in str(state) for state in states.values()), "the state of a panel would be 100 KB"
    return notebook


def as_page(notebook: nbformat.NotebookNode) -> str:
    from nbconvert import HTMLExporter

    page: str = HTMLExporter(template_name="basic").from_notebook_node(notebook)[0]
    return page


SLOW = """
import time, transformers
class Slow(transformers.TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        time.sleep(0.3)
gate = Slow()
"""


def cells(folder: Path, model: Path, callback: str = GATE) -> list[str]:
    """The cells of a run in `folder` that waits after its second step for a file called "gate"."""
    folder.mkdir()
    epochs = 2 if callback == GATE else 8
    keys = [f'model = "{model}"', 'train = "pairs.csv"', 'text = ["left", "right"]', "use_cpu = true"]
    return [
        f'%load_ext nbtrain\nimport os; os.chdir("{folder}")\n'
        'open("pairs.csv", "w").write("left,right,label\\n" + "a cat,a cat,same\\na cat,a dog,different\\n" * 20);',
        callback,
        "\n".join(["%%finetune --out run", *keys, f"num_train_epochs = {epochs}", 'callbacks = "$gate"']),
    ]


@pytest.fixture
def lab_without_widgets(tmp_path: Path, notebooks: Path) -> Iterator[JupyterServer]:
    """A JupyterLab that cannot show widgets."""
    config = tmp_path / "config" / "labconfig" / "page_config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"disabledExtensions": {"@jupyter-widgets/jupyterlab-manager": True}}))
    server = JupyterServer("lab", tmp_path, notebooks)
    yield server
    server.stop()


def shot(page: Any, name: str) -> None:
    """Save a screenshot, if a folder for them is given."""
    if shots := os.environ.get("NBTRAIN_SCREENSHOTS"):
        page.screenshot(Path(shots, f"{page.server.app}-{name}.png"))


def test_without_widgets_the_record_grows_in_place_of_the_panel(
    lab_without_widgets: JupyterServer,
    open_notebook: NotebookOpener,
    write_notebook: NotebookWriter,
    notebooks: Path,
    tiny_model: Path,
) -> None:
    name = write_notebook("no-widgets.ipynb", cells(notebooks / "no-widgets", tiny_model, SLOW), kernel=KERNEL)
    page = open_notebook(lab_without_widgets, name)
    page.run(0)
    page.run(1)
    page.run(2, wait=False)
    page.wait_text(2, NOT_DRAWN.strip(), timeout=60)
    page.wait_text(2, "step 20", timeout=60)
    shot(page, "no-widgets")
    page.wait_done(2, timeout=120)
    shot(page, "no-widgets-end")
    assert "Finished" in page.text(2) and NOT_DRAWN not in page.text(2)


def test_a_saved_notebook_is_valid_and_renders(
    jupyter: JupyterServer,
    open_notebook: NotebookOpener,
    write_notebook: NotebookWriter,
    notebooks: Path,
    tiny_model: Path,
) -> None:
    folder = notebooks / f"saved-{jupyter.app}"
    name = write_notebook(f"saved-{jupyter.app}.ipynb", cells(folder, tiny_model), kernel=KERNEL)
    page = open_notebook(jupyter, name)
    page.run(0)
    page.run(1)
    page.run(2, wait=False)
    page.page.locator(".jp-OutputArea-output [data-status]").first.wait_for()
    shot(page, "start")
    page.wait_text(2, " / 10", timeout=120)
    page.page.wait_for_timeout(4000)
    assert NOT_DRAWN not in page.text(2), "it is drawn"
    page.save()
    during = read(notebooks / name)
    assert "object at" not in as_page(during)

    (folder / "gate").touch()
    page.wait_done(2, timeout=120)
    page.save()
    after = read(notebooks / name)
    kinds = [set(output["data"]) for output in after.cells[2].outputs]
    assert kinds == [{"text/html", "text/plain"}, {"text/html", "text/plain", MIME_TYPE}]
    rendered = as_page(after)
    assert "data:image/png;base64," in rendered and "accuracy" in rendered
    assert "Loading widget" not in rendered and "vnd.nbtrain" not in rendered
    assert page.errors == []

"""Make the pictures of the README and the documentation, from a real run in JupyterLab.

    make pictures
    python -m scripts.pictures --data folder

A small pretrained model learns MRPC: whether two sentences say the same. The data are read from `mrpc/train.csv` and
`mrpc/validation.csv` in the folder of the benchmarks' data, or loaded from the Hub. While it trains, the learning rate
is changed and an evaluation is requested, as the pictures show. Each is made in the light and in the dark theme.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from playwright.sync_api import sync_playwright

from benchmarks.results import DATA
from tests.browser.chromium import launch
from tests.browser.jupyter import KERNEL, JupyterServer, NotebookPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from tests.browser.page import Theme

FOLDER = Path(__file__).parents[1] / "docs"
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTH, HEIGHT = 1400, 1500
ROWS = 1200
EPOCHS = 4

LOAD = """%load_ext nbtrain
import nbtrain, pandas as pd
"""
FORM = 'nbtrain.form(model="demo", train="$train", validation="$validation")'
CELL = f"""%%finetune --out run
model = "demo"  # or a model of the Hub
train = "$train"
validation = "$validation"
num_train_epochs = {EPOCHS}
learning_rate = 5e-5
per_device_train_batch_size = 16
metrics = ["accuracy", "f1"]
"""
WRONG = """%%finetune --out run
model = "demo"
train = "$train"
learnign_rate = 5e-5
num_train_epochs = 3
"""
ESTIMATE = re.compile(r"^[\d,]+ steps")
SEEN = "cell => cell.scrollIntoView({block: 'start'})"


def load(data: Path) -> str:
    """Code that loads MRPC from the folder `data`, or from the Hub if it is not there."""
    columns = "[['sentence1', 'sentence2', 'label']]"
    if (data / "mrpc").is_dir():
        rows = {split: f"pd.read_csv({str(data / 'mrpc' / f'{split}.csv')!r})" for split in ("train", "validation")}
    else:
        rows = {
            split: f"load_dataset('glue', 'mrpc', split='{split}').to_pandas()" for split in ("train", "validation")
        }
    lines = [f"{split} = {made}{columns}" for split, made in rows.items()]
    return "\n".join([LOAD, "from datasets import load_dataset", *lines, f"train = train[:{ROWS}]"])


class Studio:
    """One notebook in one theme, of which pictures are taken.

    Args:
        browser: The browser.
        server: The JupyterLab.
        theme: The theme.
        data: The folder of the data sets.
    """

    def __init__(self, browser: Browser, server: JupyterServer, theme: Theme, data: Path) -> None:
        self._theme = theme
        cells = [nbformat.v4.new_code_cell(source) for source in (load(data), FORM, CELL, WRONG)]
        kernel = {"name": KERNEL, "display_name": "Python 3", "language": "python"}
        name = f"mrpc-{theme}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), server.notebooks / name)
        self._notebook = NotebookPage(browser, server)
        self._notebook.open(name, theme, WIDTH, HEIGHT)
        self._page = self._notebook.page

    def form(self) -> None:
        """The form with a preview of the data, and the cell that it writes."""
        self._notebook.run(0)
        self._notebook.run(1)
        form = self._page.locator(".nbf-form").last
        form.get_by_text(ESTIMATE).first.wait_for(timeout=120_000)
        self._take(form, "form")

    def cell(self) -> None:
        """A cell with an underlined error, its message, and the button that mends it."""
        cell = self._page.locator(".jp-CodeCell").nth(3)
        cell.scroll_into_view_if_needed()
        cell.locator(".cm-lintRange").first.hover()
        message = self._page.locator(".cm-tooltip-lint")
        message.wait_for()
        editor, said = cell.locator(".jp-Cell-inputWrapper").bounding_box(), message.bounding_box()
        assert editor is not None
        assert said is not None
        bottom = max(editor["y"] + editor["height"], said["y"] + said["height"] + 6)
        area = {"x": editor["x"], "y": editor["y"], "width": editor["width"], "height": bottom - editor["y"]}
        self._page.screenshot(path=self._path("cell"), clip=area)
        self._page.mouse.move(5, 5)

    def live(self) -> None:
        """The panel past the second epoch, after the learning rate was changed; and the page with the runs panel."""
        self._notebook.run(2, wait=False)
        panel = self._page.locator(".nbtrain-panel").last
        panel.wait_for(timeout=120_000)
        self._wait_for_share(panel, 0.4)
        box = panel.get_by_label("Learning rate", exact=False).last
        box.fill("2e-5")
        box.press("Enter")
        self._wait_for_share(panel, 0.65)
        self._page.mouse.move(5, 5)
        self._take(panel, "live")
        self._page.evaluate("() => window.jupyterapp.commands.execute('nbtrain:open-runs')")
        self._page.get_by_role("region", name="Fine-tuning runs").wait_for()
        self._page.locator(".jp-CodeCell").nth(2).evaluate(SEEN)
        self._page.wait_for_timeout(2500)
        self._page.screenshot(path=self._path("runs"))

    def record(self) -> None:
        """The record that stays."""
        self._notebook.wait_done(2, timeout=900)
        record = self._page.locator(".jp-nbtrain-record").last
        record.wait_for()
        self._page.wait_for_timeout(1500)
        self._take(record, "record")

    def close(self) -> None:
        """Close the notebook and end its kernel."""
        self._notebook.close()

    def _wait_for_share(self, panel: Locator, share: float) -> None:
        """Wait until this share of the steps is done."""
        done = """([panel, share]) => {
          const bar = panel.querySelector('[role=progressbar]');
          return Number(bar.getAttribute('aria-valuenow')) >= share * Number(bar.getAttribute('aria-valuemax'));
        }"""
        self._page.wait_for_function(done, arg=[panel.element_handle(), share], timeout=900_000)

    def _take(self, element: Locator, name: str) -> None:
        element.scroll_into_view_if_needed()
        element.screenshot(path=self._path(name))

    def _path(self, name: str) -> Path:
        return FOLDER / (f"{name}.png" if self._theme == "light" else f"{name}-{self._theme}.png")


def main(data: Path) -> None:
    """Make all pictures."""
    with tempfile.TemporaryDirectory() as root, sync_playwright() as playwright:
        browser = launch(playwright)
        server = JupyterServer("lab", Path(root))
        try:
            for theme in THEMES:
                studio = Studio(browser, server, theme, data)
                for take in (studio.form, studio.cell, studio.live, studio.record):
                    take()
                    print(take.__name__, theme, flush=True)
                studio.close()
                server.shutdown_kernels()
        finally:
            server.stop()
            browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(DATA))
    main(parser.parse_args().data)

"""The runs panel of the JupyterLab extension, as tests find and use it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.jupyter import NotebookPage

LOAD = """%load_ext nbtrain
import pandas as pd
df = pd.DataFrame({"text": ["the cat sees one red bird", "a dog likes two blue"] * 30, "label": ["yes", "no"] * 30})
"""
WIDGET = "application/vnd.jupyter.widget-view+json"

# The registry of settings, which a page does not give away by name.
SET = """async ([name, value, plugin = 'nbtrain:runs']) => {
  const app = window.jupyterapp;
  const plugins = [...app.pluginRegistry._plugins.values()];
  const token = plugins.find(plugin => plugin.id === '@jupyterlab/apputils-extension:settings').provides;
  await (await app.resolveRequiredService(token)).set(plugin, name, value);
}"""


def training(model: Path, out: str = "run", epochs: int = 2) -> str:
    """A cell that trains a tiny model, 8 steps an epoch."""
    lines = [
        f"%%finetune --out {out}",
        f'model = "{model}"',
        'train = "$df"',
        'validation = "$df"',
        f"num_train_epochs = {epochs}",
        f'eval_strategy = "{"epoch" if epochs < 10 else "no"}"',
        'save_strategy = "no"',
    ]
    return "\n".join(lines)


LONG = 5000
"""Epochs that last longer than any test."""


class RunsPanel:
    """The panel, as a user finds it."""

    def __init__(self, page: NotebookPage) -> None:
        self.page = page.page
        self.root = self.page.get_by_role("region", name="Fine-tuning runs")
        self.execute("nbtrain:open-runs")
        self.root.wait_for()

    def execute(self, command: str) -> None:
        self.page.evaluate("id => window.jupyterapp.commands.execute(id)", command)

    def run(self, name: str) -> Locator:
        return self.root.get_by_role("listitem", name=f"Run {name}", exact=True)

    def button(self, name: str, text: str) -> Locator:
        return self.run(name).locator("button", has_text=text)

    def wait_for(self, name: str, state: str) -> None:
        self.root.locator(f'li[aria-label="Run {name}"][data-state="{state}"]').wait_for()

    def wait_for_steps(self, name: str, count: int = 5) -> None:
        """Wait until the run has made `count` more steps."""
        self.root.locator(f'li[aria-label="Run {name}"] [aria-valuetext*=" / "]').wait_for()
        arguments = [self.run(name).element_handle(), count]
        self.page.wait_for_function(
            """([run, count]) => {
              const text = run.querySelector('[role=progressbar]').getAttribute('aria-valuetext');
              const step = Number(text.split(' / ')[0].replace(',', ''));
              run.first ??= step;
              return step >= run.first + count && delete run.first;
            }""",
            arg=arguments,
        )

    def shot(self, name: str) -> None:
        """Save a screenshot, if a folder for them is given."""
        if shots := os.environ.get("NBTRAIN_SCREENSHOTS"):
            self.page.screenshot(path=Path(shots, name))


def toasts(page: NotebookPage) -> list[str]:
    return page.page.locator(".Toastify__toast").all_inner_texts()


def active_cell(page: NotebookPage) -> int:
    index: int = page.page.evaluate("() => nbtest.panel().content.activeCellIndex")
    return index


def source(page: NotebookPage, cell: int) -> str:
    text: str = page.page.evaluate("i => nbtest.cell(i).model.sharedModel.getSource()", cell)
    return text

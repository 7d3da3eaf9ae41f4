"""Controlling a run as a user does: clicks in the panel of a cell that trains real weights on real data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrain import format
from tests.browser.test_finetune import mrpc

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer, NotebookPage

pytestmark = pytest.mark.training

LONG = ("max_train_samples = 1600", "max_eval_samples = 16", "num_train_epochs = 20", 'eval_strategy = "no"',
        'save_strategy = "no"', "per_device_train_batch_size = 4", "max_length = 48")  # fmt: skip


class PanelOnPage:
    """The panel of the cell that is running."""

    def __init__(self, page: NotebookPage) -> None:
        self.page = page
        self.root = page.page.locator(".nbtrain-panel").last
        self._shots = os.environ.get("NBTRAIN_SCREENSHOTS")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def wait_for_step(self, step: int) -> None:
        self.page.page.wait_for_function(
            """([panel, step]) => Number(panel.querySelector('.nbt-bar').getAttribute('aria-valuenow')) >= step
               && panel.textContent.includes(' / 8,000')""",
            arg=[self.root.element_handle(), step],
            timeout=120_000,
        )

    def wait_for_status(self, status: str) -> None:
        self.page.page.wait_for_function(
            "([panel, status]) => panel.dataset.status === status", arg=[self.root.element_handle(), status]
        )

    def step(self) -> int:
        return int(self.root.locator(".nbt-bar").get_attribute("aria-valuenow") or 0)

    def said(self) -> str:
        return self.root.locator(".nbt-said").inner_text()

    def shot(self, name: str) -> None:
        """Save a screenshot, if a folder for them is given."""
        if self._shots:
            self.root.screenshot(path=Path(self._shots, name))


def start(page: NotebookPage) -> PanelOnPage:
    page.run(0)
    page.run(1, wait=False)
    page.page.locator(".nbtrain-panel").last.wait_for(timeout=120_000)
    panel = PanelOnPage(page)
    panel.wait_for_step(2)
    return panel


def test_pause_step_rate_stop(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, data_dir: Path
) -> None:
    cells = [*mrpc(data_dir, *LONG)[:2], "print(run.status, run.history.learning_rate.iloc[-1])"]
    dark = jupyter.app == "notebook"
    page = open_notebook(
        jupyter, write_notebook("steer.ipynb", cells), theme="dark" if dark else "light", width=700 if dark else 1300
    )
    panel = start(page)
    panel.shot(f"{jupyter.app}-running.png")

    panel.button("Pause").click()
    panel.wait_for_status("paused")
    step = panel.step()
    panel.shot(f"{jupyter.app}-paused.png")
    assert not panel.button("Pause").is_visible()

    panel.button("1 step").click()
    page.page.wait_for_function(
        "([panel, step]) => Number(panel.querySelector('.nbt-bar').getAttribute('aria-valuenow')) === step",
        arg=[panel.root.element_handle(), step + 1],
    )
    panel.wait_for_status("paused")
    panel.button("Evaluate now").click()
    panel.root.locator("tbody th").first.wait_for()

    slider = panel.root.get_by_label("Learning rate, on a log scale")
    slider.focus()
    for _ in range(12):
        page.page.keyboard.press("ArrowLeft")
    rate = panel.root.get_by_label("Learning rate", exact=True)
    wanted = float(rate.input_value())
    assert wanted < 4.9e-5
    page.page.wait_for_function(
        "([panel, text]) => panel.querySelector('.nbt-said').textContent.includes(text)",
        arg=[panel.root.element_handle(), format.hyperparameter(wanted)],
    )
    panel.button("Resume").click()
    panel.wait_for_step(step + 4)
    panel.shot(f"{jupyter.app}-resumed.png")

    panel.button("10 steps").click()
    panel.root.get_by_text("Running 10 steps, then pausing.").wait_for()
    panel.button("Stop and keep").click()
    page.wait_done(1, timeout=60)
    assert "Stopped" in page.text(1)
    assert "learning rate set to" in page.text(1)
    page.run(2)
    status, last = page.text(2).split()
    assert status == "stopped"
    assert float(last) == pytest.approx(wanted, rel=0.02)
    assert page.errors == []
    if shots := os.environ.get("NBTRAIN_SCREENSHOTS"):
        page.screenshot(Path(shots, f"{jupyter.app}-record.png"), cell=1)


@pytest.mark.full
def test_after_a_reload_the_panel_is_live_again(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, data_dir: Path
) -> None:
    page = open_notebook(jupyter, write_notebook("reload.ipynb", mrpc(data_dir, *LONG)[:2]))
    panel = start(page)
    page.save()
    page.reload()
    page.page.locator(".nbtrain-panel").last.wait_for(timeout=60_000)
    panel = PanelOnPage(page)
    before = panel.step()
    panel.wait_for_step(before + 2)
    panel.button("Stop and keep").click()
    page.page.wait_for_function("() => !document.querySelector('.nbtrain-panel[data-status=running]')")
    kernel = page.server.kernels()[0]["id"]
    page.page.wait_for_function(
        """id => fetch(`${location.origin}/api/kernels/${id}`)
          .then(reply => reply.json()).then(kernel => kernel.execution_state === 'idle')""",
        arg=kernel,
    )


@pytest.mark.full
def test_run_all_goes_on_after_a_stop(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, data_dir: Path
) -> None:
    load, first = mrpc(data_dir, *LONG)[:2]
    second = first.replace("--out run", "--out second")
    cells = [load, first, second, "print(run.status, second.status, second.state.step < 8000)"]
    page = open_notebook(lab, write_notebook("all.ipynb", cells))
    page.run_all()
    for cell in (1, 2):
        page.page.wait_for_function(
            "cell => nbtest.cell(cell).outputArea.node.querySelector('.nbtrain-panel')", arg=cell, timeout=120_000
        )
        panel = PanelOnPage(page)
        panel.wait_for_step(2)
        panel.button("Stop and keep").click()
        page.wait_done(cell, timeout=60)
    page.wait_done(3)
    assert page.text(3).split() == ["stopped", "stopped", "True"]


@pytest.mark.full
def test_branch_from_a_row(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, data_dir: Path
) -> None:
    few = ("max_train_samples = 32", "max_eval_samples = 16", "num_train_epochs = 250",
           "per_device_train_batch_size = 8", "max_length = 48")  # fmt: skip
    load, cell = mrpc(data_dir, *few)[:2]
    page = open_notebook(
        lab, write_notebook("branch.ipynb", [load, cell, "print(run.state.branched.step, run.status)"])
    )
    page.run(0)
    page.run(1, wait=False)
    page.page.get_by_role("button", name="Branch from here").first.click(timeout=120_000)
    page.page.locator('.nbtrain-panel[data-status="paused"]').wait_for(timeout=60_000)
    panel = PanelOnPage(page)
    assert panel.step() == 4
    panel.root.get_by_text("the earlier run").wait_for()
    panel.button("Resume").click()
    panel.wait_for_status("running")
    page.page.wait_for_function(
        "panel => Number(panel.querySelector('.nbt-bar').getAttribute('aria-valuenow')) > 6",
        arg=panel.root.element_handle(),
    )
    panel.shot("lab-branch.png")
    panel.button("Stop and keep").click()
    page.wait_done(1, timeout=60)
    page.run(2)
    assert page.text(2).split() == ["4", "stopped"]
    if shots := os.environ.get("NBTRAIN_SCREENSHOTS"):
        page.screenshot(Path(shots, "lab-branch-record.png"), cell=1)

"""The runs panel of the JupyterLab extension, fed by kernels that really train."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.runs_panel import LOAD, LONG, SET, WIDGET, RunsPanel, toasts, training

if TYPE_CHECKING:
    from playwright.sync_api import WebSocket

    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer, NotebookPage

pytestmark = pytest.mark.training


def test_a_blocking_run_is_live_and_hears_and_a_reload_finds_it(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, tiny_model: Path
) -> None:
    name = write_notebook("runs.ipynb", [LOAD, training(tiny_model, epochs=LONG), "print(run.status)"])
    page = open_notebook(jupyter, name, theme="dark" if jupyter.app == "lab" else "light", width=1000)
    panel = RunsPanel(page)
    assert "No runs yet" in panel.root.inner_text()
    assert "%%finetune" in panel.root.inner_text()
    page.run(0)
    page.run(1, wait=False)
    panel.wait_for("run", "running")
    panel.wait_for_steps("run")
    assert "runs.ipynb" in panel.run("run").inner_text()
    status = page.page.locator(".jp-nbtrain-status")
    if jupyter.app == "lab":
        assert re.search(r"^run: step \d+/40,000, training loss [\d.]+, [\d:]+ left$", status.inner_text())
    else:
        assert status.count() == 0

    panel.button("run", "Pause").focus()
    page.page.keyboard.press("Enter")
    panel.wait_for("run", "paused")
    assert panel.button("run", "Resume").evaluate("button => button === document.activeElement")
    panel.shot(f"runs-{jupyter.app}-paused.png")

    page.save()
    page.reload()
    panel = RunsPanel(page)
    panel.wait_for("run", "paused")
    panel.button("run", "Resume").click()
    panel.wait_for("run", "running")
    panel.wait_for_steps("run")
    assert WIDGET in page.outputs(1)[0]["data"]
    panel.button("run", "Stop").click()
    panel.wait_for("run", "stopped")
    page.page.wait_for_function("widget => !(widget in nbtest.cell(1).model.outputs.toJSON()[0].data)", arg=WIDGET)
    page.wait_text(1, "Stopped at step")
    parts = [output["metadata"]["nbtrain"]["part"] for output in page.outputs(1)]
    assert parts == ["panel", "record"]
    assert page.text(1).count("Stopped at step") == 1
    assert toasts(page) == []

    page.page.evaluate("() => { nbtest.panel().content.activeCellIndex = 2; }")
    panel.button("run", "Go to cell").click()
    page.page.wait_for_function("() => nbtest.panel().content.activeCellIndex === 1")
    page.run(2)
    assert page.text(2).strip() == "stopped"
    panel.shot(f"runs-{jupyter.app}-stopped.png")
    assert page.errors == []


def test_a_run_goes_on_in_the_panel_when_its_notebook_is_closed(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, tiny_model: Path
) -> None:
    name = write_notebook("closed.ipynb", [LOAD, training(tiny_model, epochs=LONG)])
    page = open_notebook(lab, name)
    panel = RunsPanel(page)
    page.run(0)
    page.run(1, wait=False)
    panel.wait_for_steps("run")
    sockets: list[WebSocket] = []
    page.page.on("websocket", lambda socket: sockets.append(socket))
    close_saved(page)
    panel.wait_for_steps("run")
    assert name in panel.run("run").inner_text()
    panel.shot("runs-lab-closed.png")
    panel.button("run", "Pause").click()
    panel.wait_for("run", "paused")
    sockets.clear()  # those of a page that is left are never said to be closed
    page.page.reload()
    page.page.wait_for_function("() => Boolean(window.jupyterapp?.shell.currentWidget)")
    panel = RunsPanel(page)
    panel.wait_for("run", "paused")
    panel.button("run", "Resume").click()
    panel.wait_for("run", "running")
    wait_for_connections(page, sockets, 1)

    panel.button("run", "Go to cell").click()
    page.page.wait_for_function("name => nbtest.panel()?.title.label === name", arg=name)
    page.page.wait_for_function("() => nbtest.panel().content.activeCellIndex === 1")
    page.page.wait_for_function("() => nbtest.panel().sessionContext.session?.kernel?.handleComms")
    panel.wait_for_steps("run")
    wait_for_connections(page, sockets, 1)
    close_saved(page)
    panel.button("run", "Stop").click()
    panel.wait_for("run", "stopped")
    wait_for_connections(page, sockets, 0)
    assert panel.run("run").locator("button:visible").all_inner_texts() == ["Go to cell"]
    lab.shutdown_kernels()
    page.page.evaluate("() => window.jupyterapp.serviceManager.sessions.refreshRunning()")
    panel.run("run").wait_for(state="detached")
    assert toasts(page) == []
    assert page.errors == []


def close_saved(page: NotebookPage) -> None:
    """Save the notebook, and close its tab."""
    page.save()
    page.page.evaluate("() => window.jupyterapp.commands.execute('application:close')")


def wait_for_connections(page: NotebookPage, sockets: list[WebSocket], count: int) -> None:
    """Wait until the page has so many connections to kernels."""
    deadline = time.monotonic() + 60
    while len(on := [one.url for one in sockets if "/api/kernels/" in one.url and not one.is_closed()]) != count:
        assert time.monotonic() < deadline, on
        page.page.wait_for_timeout(200)


@pytest.mark.full
def test_an_output_that_ended_while_no_page_was_there_becomes_the_record(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, tiny_model: Path
) -> None:
    name = write_notebook("away.ipynb", [LOAD, training(tiny_model, epochs=LONG)])
    page = open_notebook(lab, name)
    panel = RunsPanel(page)
    page.run(0)
    page.run(1, wait=False)
    panel.wait_for("run", "running")
    panel.wait_for_steps("run", 1)
    page.save()
    page.close()
    lab.interrupt_kernels()

    again = open_notebook(lab, name)
    panel = RunsPanel(again)
    panel.wait_for("run", "interrupted")
    again.wait_text(1, "Interrupted")
    assert [WIDGET in output["data"] for output in again.outputs(1)].count(True) == 0
    before = again.outputs(1)
    again.save()
    again.reload()
    RunsPanel(again).wait_for("run", "interrupted")
    again.page.wait_for_timeout(2500)
    assert again.outputs(1) == before
    assert again.page.evaluate("() => nbtest.panel().model.dirty") is False
    # What ipywidgets says of the panel in the file, before that is replaced.
    assert [error for error in again.errors if "widget model not found" not in error] == []


@pytest.mark.full
def test_notifications_and_settings(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, tiny_model: Path
) -> None:
    heard = "from nbtrain.notebook.kernel.channel import channel; print(channel().rate)"
    broken = training(tiny_model, out="broken") + "\nlearning_rate = 1e38\nmax_grad_norm = 0.0"
    longer = training(tiny_model, epochs=9) + "\nper_device_train_batch_size = 1"  # long enough to look away
    cells = [LOAD, longer, broken, heard]
    page = open_notebook(lab, write_notebook("notify.ipynb", cells))
    look_away = "() => window.jupyterapp.commands.execute('launcher:create')"
    page.run(0)
    page.run(1)
    RunsPanel(page).wait_for("run", "finished")
    page.page.wait_for_timeout(500)
    assert toasts(page) == [], "the cell, in view, says it"
    page.run(1, wait=False)
    page.page.evaluate(look_away)
    toast = page.page.locator(".Toastify__toast", has_text="run (notify.ipynb) finished in")
    toast.wait_for()
    assert re.search(r"accuracy \d\.\d{4}", toast.inner_text())
    toast.get_by_role("button", name="Show").click()
    page.page.wait_for_function("() => nbtest.panel().title.label === 'notify.ipynb'")
    page.page.wait_for_function("() => nbtest.panel().content.activeCellIndex === 1")

    page.page.evaluate(SET, ["opens", True])
    page.run(2, wait=False)
    page.page.evaluate(look_away)
    warning = page.page.locator(".Toastify__toast", has_text="broken (notify.ipynb) is paused")
    warning.wait_for()
    panel = RunsPanel(page)
    panel.wait_for("broken", "broken")
    panel.shot("runs-lab-broken.png")
    page.page.evaluate(SET, ["notifications", False])
    panel.button("broken", "Stop").click()
    panel.wait_for("broken", "stopped")
    warning.wait_for(state="detached")
    panel.button("broken", "Go to cell").click()
    page.page.wait_for_function("() => nbtest.panel().title.label === 'notify.ipynb'")
    page.wait_done(2)

    page.page.evaluate(SET, ["rate", 3])
    page.run(3)
    assert page.text(3).strip() == "3.0"
    page.run(1, wait=False)
    page.page.evaluate(look_away)
    panel.root.locator('li:first-child[aria-label="Run run"][data-state="finished"]').wait_for()
    panel.page.wait_for_timeout(1000)
    assert toasts(page) == []
    for setting, value in (("opens", False), ("notifications", True), ("rate", 1)):
        page.page.evaluate(SET, [setting, value])
    assert page.errors == []


def test_a_kernel_without_nbtrain_is_asked_once(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    asked: list[str] = []

    def note(frame: str | bytes) -> None:
        text = frame.decode("latin-1") if isinstance(frame, bytes) else frame
        if "nbtrain.v1" in text:
            asked.append(text)

    page = open_notebook(jupyter, write_notebook("plain.ipynb", ["40 + 2"]))
    page.page.on("websocket", lambda socket: socket.on("framesent", note))
    page.reload()
    page.run(0)
    page.page.wait_for_timeout(1500)
    assert len(asked) == 1
    assert "comm_info_request" in asked[0]
    if jupyter.app == "notebook":  # its other pages show no notebooks
        page.page.goto(f"{jupyter.base}/tree")
        page.page.locator(".jp-DirListing-item", has_text="plain.ipynb").wait_for()
    assert page.errors == []


def test_two_notebooks_and_a_restart(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, tiny_model: Path
) -> None:
    second = write_notebook("second.ipynb", [LOAD, training(tiny_model, out="two", epochs=LONG)])
    page = open_notebook(lab, write_notebook("first.ipynb", [LOAD, training(tiny_model, out="one", epochs=LONG)]))
    panel = RunsPanel(page)
    page.run(0)
    page.run(1, wait=False)
    panel.wait_for_steps("one")
    page.page.evaluate("name => window.jupyterapp.commands.execute('docmanager:open', {path: name})", second)
    page.page.wait_for_function(
        "name => nbtest.panel()?.title?.label === name && nbtest.panel().sessionContext.session?.kernel", arg=second
    )
    page.run(0)
    page.run(1, wait=False)
    panel.wait_for_steps("two")
    panel.wait_for_steps("one")
    names = panel.root.get_by_role("listitem").evaluate_all("runs => runs.map(run => run.ariaLabel)")
    assert names == ["Run two", "Run one"]
    assert page.page.locator(".jp-nbtrain-status").inner_text().endswith("(and 1 more)")
    panel.shot("runs-lab-two.png")

    page.save()
    page.page.evaluate("() => window.jupyterapp.commands.execute('application:close')")
    page.page.wait_for_function("() => nbtest.panel().title.label === 'first.ipynb'")
    panel.wait_for_steps("two")
    page.page.evaluate("() => nbtest.panel().sessionContext.session.kernel.restart()")
    panel.wait_for("one", "lost")
    assert panel.run("one").locator("button:visible").all_inner_texts() == ["Go to cell"]
    assert WIDGET in page.outputs(1)[0]["data"]
    page.run(0)
    page.wait_text(1, "Interrupted")  # the new kernel finds what the old one left
    panel.shot("runs-lab-restarted.png")
    assert toasts(page) == []
    # JupyterLab misses the comm of the live panel, which the old kernel closes as it ends.
    assert [error for error in page.errors if not error.startswith("Comm not found")] == []

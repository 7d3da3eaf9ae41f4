"""axe finds nothing to complain about in the live panel, the record and the runs panel, in both themes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nbtrain.notebook.panel.panel import Panel
from tests.browser.conftest import faultless_page
from tests.browser.jupyter import JupyterServer
from tests.browser.test_panel_alone import CHART, HEAD, PAGE, START
from tests.browser.test_saved_record import SavedRecord, bundle, saved

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.page import Theme

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
THEMES = {
    "light": "--jp-content-font-color1:rgb(0 0 0/87%);--jp-layout-color0:white;--jp-layout-color2:#eee;"
    "--jp-border-color2:#e0e0e0;--jp-brand-color1:#1976d2;--jp-error-color1:#d32f2f;background:white",
    "dark": "--jp-content-font-color1:white;--jp-layout-color0:#111;--jp-layout-color2:#424242;"
    "--jp-border-color2:#323232;--jp-brand-color1:#2196f3;--jp-error-color1:#f44336;background:#111",
}
"""The variables of JupyterLab's themes that the panel uses."""


def violations(page: Page, selector: str) -> list[tuple[str, str]]:
    """What axe finds inside of an element: the rule, and the first node."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    options = "{resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}"
    found: list[dict[str, Any]] = page.evaluate(
        f"async selector => (await axe.run(selector, {options})).violations", selector
    )
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("status", ["running", "paused", "finished"])
def test_the_live_panel(browser: Browser, theme: str, status: str) -> None:
    with faultless_page(browser, 1000, 900) as page:
        page.set_content(PAGE % Panel._css)
        page.evaluate("style => document.body.setAttribute('style', style)", THEMES[theme])
        page.evaluate(START, [Panel._esm, {**HEAD, "status": status, "reason": "The loss is nan."}, CHART])
        row = {"number": 1, "step": 5, "epoch": 0.1, "metrics": {"loss": 0.5, "accuracy": 0.75}}
        message = {"level": "warning", "text": "Look.", "step": 3}
        delta = {"run": "a", "head": {**HEAD, "status": status, "can_branch": True, "checkpoints": [5]}, "curves": []}
        page.evaluate("delta => tell(delta)", {**delta, "rows": [row], "messages": [message]})
        page.locator(".nbt-messages p").wait_for()
        assert violations(page, "#host") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_record_and_the_runs_panel(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, theme: Theme
) -> None:
    name = write_notebook(f"axe-{theme}.ipynb", [saved(bundle())], kernel=None)
    page = open_notebook(lab, name, theme=theme)
    SavedRecord(page)
    assert violations(page.page, ".jp-nbtrain-record") == []
    page.page.evaluate("jupyterapp.commands.execute('nbtrain:open-runs')")
    page.page.locator("#nbtrain-runs").wait_for()
    assert violations(page.page, "#nbtrain-runs") == []

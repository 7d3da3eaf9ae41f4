"""A fine-tune cell in the browser, as tests find and use it, and texts for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.jupyter import NotebookPage

RIGHT = """%%finetune --out run
model = "demo"        # or a hub id
dataset = "demo"
num_train_epochs = 3
learning_rate = 5e-5  # small
metrics = ["f1"]
"""
WRONG = RIGHT + 'lr_scheduler_type = "cosin"\nlerning_rate = 3\nbf16 = yes\n'
KNOWN = RIGHT + "seed = -1\n"
"""When the -1 is underlined, the page has the schema as well: it requests that first."""


class Cell:
    """One cell, as a user sees it and types in it."""

    def __init__(self, page: NotebookPage, index: int) -> None:
        self.page = page.page
        self.index = index
        self.root = self.page.locator(".jp-CodeCell").nth(index)
        self.colours = self.root.locator(".jp-nbtrain-token")
        self.underlined = self.root.locator(".cm-lintRange")
        self.completions = self.page.locator(".jp-Completer:not(.lm-mod-hidden) .jp-Completer-item")
        self.form = self.root.locator(".jp-nbtrain-form")

    @property
    def source(self) -> str:
        source: str = self.page.evaluate("i => nbtest.cell(i).model.sharedModel.getSource()", self.index)
        return source

    def line(self, key: str) -> str:
        """The line that begins with ``key``."""
        return next(line for line in self.source.splitlines() if line.startswith(key))

    def click(self, line: int) -> None:
        """Put the cursor at the end of a line, counted from 0; -1 is the last."""
        self.root.locator(".cm-line").nth(line).click()
        self.page.keyboard.press("End")

    def tab(self) -> list[str]:
        """Press Tab and return the suggestions; try again if the kernel took more than a second."""
        self.page.keyboard.press("Tab")
        try:
            self.completions.first.wait_for(timeout=3000)
        except PlaywrightTimeoutError:
            self.page.keyboard.press("Tab")
            self.completions.first.wait_for()
        return [name.strip() for name in self.completions.locator(".jp-Completer-match").all_inner_texts()]

    def wait_underlined(self, *texts: str) -> None:
        """Wait until these texts are underlined, and no others."""
        self.page.wait_for_function(
            """([node, texts]) => texts.join() ===
              [...node.querySelectorAll('.cm-lintRange')].map(range => range.textContent).join()""",
            arg=[self.root.element_handle(), list(texts)],
        )

    def wait_line(self, line: str) -> None:
        self.page.wait_for_function(
            "([i, line]) => nbtest.cell(i).model.sharedModel.getSource().split('\\n').includes(line)",
            arg=[self.index, line],
        )

    def field(self, key: str) -> Locator:
        """The field of a key in the form."""
        return self.form.locator(f".nbf-key-{key} input").first

    def wait_field(self, key: str, value: str) -> None:
        self.field(key).wait_for()
        self.page.wait_for_function("([node, value]) => node.value === value", arg=[self._node(key), value])

    def _node(self, key: str) -> object:
        return self.field(key).element_handle()

"""One notebook, open in a browser, driven through the application object that JupyterLab and Notebook 7 share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, ElementHandle, Error, Request

    from tests.browser.jupyter import JupyterServer

Theme = Literal["light", "dark"]

# Notebook 7.6 throws this by itself each time that it loads its settings.
NOTEBOOK7_OWN_ERROR = "Cannot read properties of undefined (reading 'schema')"

# Short names for the page's side of every call. A launched command is remembered: only then can one tell
# "not begun" from "done", and see that a run was aborted by an error in an earlier cell.
PAGE_SIDE = """
window.nbtest = {
  panel: () => window.jupyterapp.shell.currentWidget,
  cell: index => nbtest.panel().content.widgets[index],
  launch: (command, cells) => {
    for (const cell of cells) if (cell.model.type === 'code') cell.model.clearExecution();
    nbtest.launched = false;
    return window.jupyterapp.commands.execute(command).finally(() => { nbtest.launched = true; });
  },
  done: index => {
    const model = nbtest.cell(index).model;
    return nbtest.launched || (model.executionCount !== null && model.executionState === 'idle');
  },
};
"""

# A session may be ready before its kernel is there, and a cell that is run then asks which kernel to use. A notebook
# that names no kernel asks at once, and its session never becomes ready.
NO_KERNEL = ".jp-Dialog button:has-text('No Kernel')"
OPENED = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  const session = panel?.sessionContext;
  return Boolean(panel?.context?.isReady && panel.content.widgets.length && session.isReady
    && session.session?.kernel?.connectionStatus === 'connected');
}"""
OPENED_OR_ASKED = f"() => Boolean(document.querySelector('.jp-Dialog')) || ({OPENED})()"

CHANGE_THEME = """async name => {
  await window.jupyterapp.commands.execute('apputils:change-theme', {theme: name});
}"""

RUN_CELL = """async ([index, wait]) => {
  const content = nbtest.panel().content;
  content.deselectAll();
  content.activeCellIndex = index;
  const launched = nbtest.launch('notebook:run-cell', [content.widgets[index]]);
  if (wait) await launched;
}"""


class NotebookPage:
    """A browser tab with one notebook. Cells are numbered from 0, Markdown cells included.

    Attributes:
        page: playwright's page, for what this class does not do.
        errors: the errors on the browser's console, and uncaught exceptions, since the tab was made.
        outside: the addresses asked for that are not the server's own.
    """

    def __init__(self, browser: Browser, server: JupyterServer) -> None:
        self.server = server
        self.errors: list[str] = []
        self.outside: list[str] = []
        self._context = browser.new_context()
        self._context.add_init_script(PAGE_SIDE)
        self.page = self._context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", self._note_exception)
        self.page.on("request", self._note_request)

    def open(self, notebook: str, theme: Theme = "light", width: int = 1400, height: int = 1000) -> None:
        """Open ``notebook``, a name in the server's folder, in a window of ``width`` by ``height`` CSS pixels.

        A kernel is started, unless the notebook names none: then "No Kernel" is chosen.
        """
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto(self.server.url(notebook), wait_until="domcontentloaded")
        self._wait_until_open()
        self.page.evaluate(CHANGE_THEME, f"JupyterLab {theme.title()}")
        light = "true" if theme == "light" else "false"
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached")

    def reload(self) -> None:
        """Load the page again: unsaved changes and all widgets of the page are lost, the kernel continues."""
        self.page.reload(wait_until="domcontentloaded")
        self._wait_until_open()

    def run(self, cell: int, wait: bool = True) -> None:
        """Run one cell; with ``wait=False`` only start it, as for a cell that is watched while it runs."""
        self.page.evaluate(RUN_CELL, [cell, wait])

    def run_all(self) -> None:
        """Start all cells; see `wait_done`."""
        self.page.evaluate("() => { nbtest.launch('notebook:run-all-cells', nbtest.panel().content.widgets); }")

    def wait_done(self, cell: int, timeout: float = 120) -> None:
        """Wait until ``cell``, which `run` or `run_all` started, has ended, or was skipped after an error.

        Raises:
            playwright.sync_api.TimeoutError: after ``timeout`` seconds.
        """
        self.page.wait_for_function("index => nbtest.done(index)", arg=cell, timeout=timeout * 1000)

    def wait_text(self, cell: int, text: str, timeout: float = 60) -> None:
        """Wait until the output of ``cell`` shows ``text``.

        Raises:
            playwright.sync_api.TimeoutError: after ``timeout`` seconds.
        """
        shows = "([index, text]) => nbtest.cell(index).outputArea.node.innerText.includes(text)"
        self.page.wait_for_function(shows, arg=[cell, text], timeout=timeout * 1000)

    def outputs(self, cell: int) -> list[dict[str, Any]]:
        """Return the outputs of ``cell`` as the notebook's model has them, in nbformat's JSON."""
        outputs: list[dict[str, Any]] = self.page.evaluate("i => nbtest.cell(i).model.outputs.toJSON()", cell)
        return outputs

    def text(self, cell: int) -> str:
        """Return the text that a reader sees in the output of ``cell``."""
        text: str = self.page.evaluate("i => nbtest.cell(i).outputArea.node.innerText", cell)
        return text

    def output(self, cell: int) -> ElementHandle:
        """Return the element that holds all outputs of ``cell``, to look inside it."""
        element = self.page.evaluate_handle("i => nbtest.cell(i).outputArea.node", cell).as_element()
        assert element is not None, f"cell {cell} has no output area"
        return element

    def save(self) -> None:
        """Write the notebook to its file."""
        self.page.evaluate("() => nbtest.panel().context.save()")

    def shutdown_kernel(self) -> None:
        """End this notebook's kernel, so that only the page and the file are left."""
        self.page.evaluate("() => nbtest.panel().sessionContext.shutdown()")

    def screenshot(self, path: Path, cell: int | None = None) -> Path:
        """Write a PNG of the whole page, or of the outputs of one cell, and return its path."""
        if cell is None:
            self.page.screenshot(path=path)
        else:
            self.output(cell).screenshot(path=path)
        return path

    def close(self) -> None:
        """Close the tab, without asking about unsaved changes."""
        self._context.close()

    def _wait_until_open(self) -> None:
        self.page.wait_for_selector(".jp-Notebook")
        self.page.wait_for_function(OPENED_OR_ASKED)
        if (no_kernel := self.page.locator(NO_KERNEL)).count():
            no_kernel.click()
            no_kernel.wait_for(state="detached")

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _note_exception(self, error: Error) -> None:
        if error.message != NOTEBOOK7_OWN_ERROR:
            self.errors.append(error.stack or error.message)

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.server.base, "data:", "blob:")):
            self.outside.append(request.url)

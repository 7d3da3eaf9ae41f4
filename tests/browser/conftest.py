"""Fixtures for the browser tests: one Chromium, and one server per front end, shared by all of them.

They live as long as this folder's tests and no longer: while playwright's synchronous interface is open, its event loop
counts as running in this thread, and every `asyncio.run` of a later test would fail.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

import nbformat
import pytest

from tests.browser.chromium import launch
from tests.browser.jupyter import KERNEL, JupyterServer, NotebookPage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.page import Theme


class NotebookOpener(Protocol):
    """Opens a notebook of a server in a tab of its own."""

    def __call__(self, server: JupyterServer, name: str, theme: Theme = "light", width: int = 1400) -> NotebookPage: ...


class NotebookWriter(Protocol):
    """Writes a notebook of code cells, given as source or as nodes with outputs; returns the name to open it by."""

    def __call__(self, name: str, cells: Sequence[str | nbformat.NotebookNode], kernel: str | None = KERNEL) -> str: ...


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@contextlib.contextmanager
def faultless_page(browser: Browser, width: int, height: int) -> Iterator[Page]:
    """A separate page; fails at the end if one of its scripts has failed."""
    page = browser.new_page(viewport={"width": width, "height": height})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []


@pytest.fixture(scope="package")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that both servers serve."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory, notebooks: Path) -> Iterator[JupyterServer]:
    """A running JupyterLab."""
    server = JupyterServer("lab", tmp_path_factory.mktemp("lab"), notebooks)
    yield server
    server.stop()


@pytest.fixture(scope="package")
def notebook7(tmp_path_factory: pytest.TempPathFactory, notebooks: Path) -> Iterator[JupyterServer]:
    """A running Notebook 7."""
    server = JupyterServer("notebook", tmp_path_factory.mktemp("notebook7"), notebooks)
    yield server
    server.stop()


@pytest.fixture(params=["lab", pytest.param("notebook7", marks=pytest.mark.full)])
def jupyter(request: pytest.FixtureRequest) -> JupyterServer:
    """Each of the two servers in turn."""
    server: JupyterServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def open_notebook(browser: Browser) -> Iterator[NotebookOpener]:
    """``open_notebook(server, name, theme, width)``: a `NotebookPage`; after the test it and its kernel are gone."""
    pages: list[NotebookPage] = []

    def open_in_tab(server: JupyterServer, name: str, theme: Theme = "light", width: int = 1400) -> NotebookPage:
        page = NotebookPage(browser, server)
        pages.append(page)
        page.open(name, theme, width)
        return page

    yield open_in_tab
    for page in pages:
        page.close()
        page.server.shutdown_kernels()


@pytest.fixture
def write_notebook(notebooks: Path) -> NotebookWriter:
    """``write_notebook(name, cells)``: see `NotebookWriter`."""

    def write(name: str, cells: Sequence[str | nbformat.NotebookNode], kernel: str | None = KERNEL) -> str:
        nodes = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        metadata = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}} if kernel else {}
        nbformat.write(nbformat.v4.new_notebook(cells=nodes, metadata=metadata), notebooks / name)
        return name

    return write

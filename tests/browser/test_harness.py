"""The browser harness itself, and what the front ends do with outputs like those of nbtrain's panel and record."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.browser.chromium import ChromiumNotFoundError, find_chromium

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import NotebookOpener, NotebookWriter
    from tests.browser.jupyter import JupyterServer
    from tests.browser.page import NotebookPage

pytestmark = pytest.mark.full

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

KEPT = "text-align:right;color:rgba(128,128,128,.8)"

COUNTER = """
import anywidget, time, traitlets
from IPython.display import display, publish_display_data

class Counter(anywidget.AnyWidget):
    _esm = '''
        export default { render({ model, el }) {
            const show = () => { el.textContent = `count ${model.get("count")}`; };
            model.on("change:count", show);
            show();
        } };
    '''
    count = traitlets.Int(0).tag(sync=True)

counter = Counter()
handle = display(counter, display_id="panel")
publish_display_data({"text/html": "<b>record</b>", "text/plain": "record"})
"""

# The cell continues only after the test has seen the count in the browser, so the update came while it blocked.
BLOCK = """
from pathlib import Path
counter.count = 7
while not Path("seen").exists():
    time.sleep(0.05)
"""

VANISH = 'publish_display_data({}, transient={"display_id": "panel"}, update=True)'


def background(page: NotebookPage) -> int:
    """Return the brightness, 0 to 255, of the notebook's background."""
    find = "() => getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor"
    channels = page.page.evaluate(find).removeprefix("rgba(").removeprefix("rgb(").rstrip(")").split(",")
    return max(int(channel) for channel in channels[:3])


def heights(page: NotebookPage, cell: int) -> list[float]:
    """Return the height of each output of ``cell``, in CSS pixels."""
    measure = """index => Array.from(nbtest.cell(index).outputArea.layout.widgets)
        .map(widget => widget.node.getBoundingClientRect().height)"""
    found: list[float] = page.page.evaluate(measure, cell)
    return found


def html_cell(html: str) -> nbformat.NotebookNode:
    """Return a cell that has ``html`` as its output, as if it came from someone else's machine."""
    output = nbformat.v4.new_output("display_data", data={"text/html": html, "text/plain": "text"})
    cell: nbformat.NotebookNode = nbformat.v4.new_code_cell("...", execution_count=1, outputs=[output])
    return cell


def test_runs_cells_with_this_interpreter(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    cells = ["print('six times seven is', 6 * 7)", "import sys; print(sys.executable)", "1 / 0", "print('never')"]
    page = open_notebook(jupyter, write_notebook("cells.ipynb", cells))
    page.run(0)
    assert page.text(0).strip() == "six times seven is 42"
    page.run_all()
    page.wait_done(3)
    assert os.path.samefile(page.text(1).strip(), sys.executable)
    assert page.outputs(2)[0]["ename"] == "ZeroDivisionError"
    assert page.outputs(3) == []
    assert page.errors == []
    assert page.outside == []


@pytest.mark.parametrize(("theme", "darkest", "brightest"), [("light", 230, 255), ("dark", 0, 40)])
def test_theme_shows(
    jupyter: JupyterServer,
    open_notebook: NotebookOpener,
    write_notebook: NotebookWriter,
    tmp_path: Path,
    theme: Any,
    darkest: int,
    brightest: int,
) -> None:
    page = open_notebook(jupyter, write_notebook("theme.ipynb", [html_cell("<b>bold</b>")]), theme)
    assert darkest <= background(page) <= brightest
    assert (
        page.screenshot(tmp_path / "page.png").stat().st_size > page.screenshot(tmp_path / "cell.png", 0).stat().st_size
    )


def test_widget_updates_while_its_cell_blocks_then_vanishes(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, notebooks: Path
) -> None:
    seen = notebooks / "seen"
    seen.unlink(missing_ok=True)
    page = open_notebook(jupyter, write_notebook("widget.ipynb", [COUNTER + BLOCK + VANISH]))
    page.run(0, wait=False)
    page.wait_text(0, "count 7")
    seen.touch()
    page.wait_done(0)
    assert page.text(0).strip() == "record"
    assert page.outputs(0)[0] == {"output_type": "display_data", "data": {}, "metadata": {}}
    assert heights(page, 0)[0] == 0
    assert heights(page, 0)[1] > 0
    assert page.errors == []


def test_saved_output_shows_without_a_kernel(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter, notebooks: Path
) -> None:
    first = open_notebook(jupyter, write_notebook("saved.ipynb", [COUNTER + VANISH]))
    first.run(0)
    first.save()
    first.shutdown_kernel()
    saved = nbformat.read(notebooks / "saved.ipynb", as_version=4)
    nbformat.validate(saved)
    again = open_notebook(jupyter, write_notebook("again.ipynb", saved.cells, kernel=None))
    assert jupyter.kernels() == []
    assert again.text(0).strip() == "record"
    assert heights(again, 0)[0] == 0


def test_untrusted_html_keeps_images_tables_and_plain_styles(
    jupyter: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    html = (
        f'<img alt="curve" src="{PIXEL}"><details open class="d"><summary>more</summary><p>inside</p></details>'
        f'<table><tr><td style="{KEPT};background:var(--jp-layout-color2)">1</td></tr></table>'
        "<style>td { display: none }</style><svg><rect/></svg><script>window.ran = true</script>"
    )
    page = open_notebook(jupyter, write_notebook("untrusted.ipynb", [html_cell(html)], kernel=None))
    output = page.output(0)
    assert output.eval_on_selector("img", "image => image.naturalWidth") == 1
    assert output.eval_on_selector("details.d p", "p => p.checkVisibility()")
    # A value with var() is taken out, its neighbours stay.
    assert output.eval_on_selector("td", "cell => cell.getAttribute('style')") == KEPT
    assert output.query_selector_all(".jp-RenderedHTML :is(style, svg, script)") == []
    assert page.page.evaluate("() => window.ran") is None


def test_reload_keeps_the_kernel(
    lab: JupyterServer, open_notebook: NotebookOpener, write_notebook: NotebookWriter
) -> None:
    page = open_notebook(lab, write_notebook("reload.ipynb", ["kept = 3", "print(kept + 1)"]))
    page.run(0)
    page.save()
    page.reload()
    page.run(1)
    assert page.text(1).strip() == "4"


def test_missing_chromium_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(ChromiumNotFoundError, match="apt install chromium"):
        find_chromium()
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(ChromiumNotFoundError, match="CHROMIUM=/nowhere/chromium is no file"):
        find_chromium()

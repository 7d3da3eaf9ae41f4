"""Benchmarks that run inside a real kernel, with the panel, the record and the page's list of runs that a cell has.

The kernel has a client, as a notebook has, that takes every message.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.results import ROOT
from tests.kernel.conftest import Kernel

if TYPE_CHECKING:
    from nbtrain.events.recorder import View

DONE = "benchmark-result: "
RATE = 4
"""Messages a second, per run, for which a page with the extension asks."""


def in_kernel(function: str, *, timeout: float = 3600, **arguments: Any) -> Any:
    """The result, as JSON has it, of `function` ("benchmarks.module.name") in a fresh kernel."""
    module, _, name = function.rpartition(".")
    code = f"""
import json, sys
sys.path.insert(0, {str(ROOT)!r})
%load_ext nbtrain
from {module} import {name}
print({DONE!r} + json.dumps({name}(**json.loads({json.dumps(arguments)!r}))))
"""
    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(Path(folder))
        try:
            if kernel.execute(code, timeout=timeout) != "ok":
                raise RuntimeError("\n".join(kernel.error()))
            return json.loads(kernel.text().rpartition(DONE)[2])
        finally:
            kernel.close()


def cell_views(*, listed: bool = False) -> list[View]:
    """What shows a run that a cell of this kernel trains.

    Args:
        listed: A page has the extension, and with it the list of runs.
    """
    from IPython import get_ipython

    from nbtrain.notebook.displays import PanelView, RecordView, views_for
    from nbtrain.notebook.kernel.channel import channel
    from nbtrain.notebook.kernel.run_feed import RunFeed

    views = views_for(get_ipython())
    if listed and (ours := channel()) is not None:
        ours._on_message({"header": {"session": "a page"}, "content": {"data": {"type": "hello", "rate": RATE}}})
    names = [type(view) for view in views]
    assert names == [PanelView, RecordView, RunFeed], f"a cell of this kernel is shown by {names}"
    return views

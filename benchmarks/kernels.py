"""Run benchmarks in a real kernel, with the panel, the record and the runs panel of a cell.

The kernel has a client that receives every message, like a notebook.
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
RATE = 1
"""Messages per second and run that a page with the extension requests."""


def in_kernel(function: str, *, timeout: float = 3600, **arguments: Any) -> Any:
    """Call `function` ("benchmarks.module.name") in a fresh kernel; returns its result by way of JSON."""
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
    """The views of a run in a cell of this kernel.

    Args:
        listed: A page with the extension, and so with the runs panel, is connected.
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

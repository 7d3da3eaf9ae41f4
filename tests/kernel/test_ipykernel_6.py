"""ipykernel 6 hears in another way: here that it hears at all; `make test-full` runs all of `test_live` on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.kernel.test_live import LONG
from tests.kernel.wire import RunningCell, kernel_with


def test_ipykernel_6_hears_when_the_step_ends(make_cell: Callable[..., str], tmp_path: Path) -> None:
    kernel = kernel_with("6.31.0", tmp_path)
    try:
        running = RunningCell(kernel, make_cell("--out run", *LONG))
        running.wait_for_step(1)
        running.click("set", learning_rate=1e-3)
        running.click("stop")
        assert running.end() == "ok"
        assert kernel.value("run.status, [one.command for one in run.state.commands]") == ("stopped", ["set", "stop"])
    finally:
        kernel.close()

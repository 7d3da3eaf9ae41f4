"""The start of a run on a fresh kernel: what is there before PyTorch is imported, and what is said without it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.kernel.conftest import Kernel
from tests.kernel.wire import RunningCell

MakeCell = Callable[..., str]
WIDGET = "application/vnd.jupyter.widget-view+json"
LIBRARIES = "loading PyTorch and Transformers (first time: about 10 s)"
HAS_TORCH = "'torch' in __import__('sys').modules"
FILE = 'open("pairs.csv", "w").write("left,right,label\\n" + "a,b,same\\na,c,different\\n" * 20)'


def phases(cell: RunningCell) -> list[str]:
    """The phases that the panel was told of, without repetitions."""
    found: list[str] = []
    for message in cell.seen:
        data = message["content"].get("data", {}) if message["msg_type"] == "comm_msg" else {}
        head = (data.get("content") or data.get("state", {}).get("snapshot") or {}).get("head", {})
        name = (head.get("phase") or {}).get("name", "")
        found += [name] if name and name not in found[-1:] else []
    return found


def test_the_panel_is_there_first_and_names_what_takes_long(kernel: Kernel, make_cell: MakeCell) -> None:
    cell = RunningCell(kernel, make_cell("--out run", "max_steps = 2"))
    assert cell.end() == "ok", cell.seen[-3:]
    kinds = [WIDGET in m["content"]["data"] for m in cell.seen if m["msg_type"] == "display_data"]
    assert kinds[0], "the panel is the first output"
    assert phases(cell)[:4] == ["loading data", LIBRARIES, "starting", "loading model"]


def test_a_background_cell_ends_before_anything_is_loaded(kernel: Kernel, make_cell: MakeCell) -> None:
    cell = RunningCell(kernel, make_cell("--out run --background", "max_steps = 2"))
    assert cell.end() == "ok", cell.seen[-3:]
    assert LIBRARIES not in phases(cell)[:-1], "the cell has ended first"
    assert kernel.value("run.id == run.state.run, run.state.step") == (True, 0)
    assert kernel.execute("run.wait()") == "ok", kernel.error()
    assert not [m for m in kernel.outputs if m["msg_type"] == "execute_result"], "the record is above already"
    assert kernel.value("run.status, run.state.step, len(run.predictions)") == ("finished", 2, 6)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('metrics = "acuracy"', 'Did you mean "accuracy"?'),
        ('train = "pears.csv"', "Did you mean `pairs.csv`?"),
        ('train = "pairs.csv"\ntext = ["lift", "right"]', "no column `lift` in train. Did you mean `left`?"),
        ('train = "pairs.csv"\nlearnign_rate = 1', "Did you mean `learning_rate`?"),
    ],
)
@pytest.mark.parametrize("options", ["", "--background"])
def test_mistakes_are_told_without_pytorch(kernel: Kernel, line: str, said: str, options: str) -> None:
    assert kernel.execute(f"import datasets\n{FILE}") == "ok"
    data = "" if "train" in line else 'dataset = "demo"\n'
    assert kernel.execute(f'%%finetune --out run {options}\nmodel = "demo"\n{data}{line}') == "error"
    assert said in "\n".join(kernel.error())
    assert kernel.value(f"{HAS_TORCH}, 'run' in globals()") == (False, False)
    assert kernel.value("[p.name for p in __import__('pathlib').Path('.').glob('nbtrain_runs/*')]") == []


def test_what_goes_wrong_after_the_cell_is_shown_in_it(kernel: Kernel, make_cell: MakeCell) -> None:
    cell = RunningCell(kernel, make_cell("--out run --background", 'optim = "adamw_torch"', 'optim_args = "nothing"'))
    assert cell.end() == "ok"
    records: list[str] = []

    def shown() -> str:
        updates = [m["content"] for m in cell.seen if m["msg_type"] == "update_display_data"]
        records[:] = [one["data"]["text/plain"] for one in updates if one["metadata"]["nbtrain"]["part"] == "record"]
        return records[-1] if records else ""

    cell.wait_for(lambda: "optim_args" in shown())
    assert kernel.execute("run.wait()") == "error"
    assert "optim_args" in "\n".join(kernel.error())
    assert kernel.value("run.status, run.control, run.directory.exists()") == ("failed", None, False)


def test_a_run_is_stopped_while_it_is_prepared(kernel: Kernel, make_cell: MakeCell) -> None:
    code = make_cell("--out run --background", "max_steps = 2")
    assert kernel.execute(code) == "ok"
    assert kernel.execute("run.stop(); run.wait()") == "ok", kernel.error()
    assert kernel.value("run.status, run.control, run.directory.exists()") == ("stopped", None, False)
    assert kernel.execute(code + "\n") == "ok"
    assert kernel.execute("run.wait()") == "ok", kernel.error()
    assert kernel.value("run.status") == "finished"


@pytest.mark.timing
def test_how_soon_it_is_there(kernel: Kernel, make_cell: MakeCell) -> None:
    time.sleep(3)  # nbtrain imports what a cell needs while the kernel has nothing to do
    times: dict[str, float] = {}
    began = time.perf_counter()

    def note(message: dict[str, Any]) -> None:
        if WIDGET in message["content"].get("data", {}):
            times["panel"] = time.perf_counter() - began

    assert kernel.execute(make_cell("--out run --background", "max_steps = 2"), on_output=note) == "ok"
    times["reply"] = time.perf_counter() - began
    assert times["panel"] < 0.2 and times["reply"] < 1.0, times
    assert kernel.execute("run.wait()") == "ok"

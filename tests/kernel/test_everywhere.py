"""All that a notebook does with nbtrain, once, in one kernel: run in the environments of `scripts/environments`.

`make test-colab` has the versions of Google Colab, where there is neither `comm` nor `evaluate`, and ipywidgets is 7.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.conftest import Kernel
from tests.kernel.test_cell import displays
from tests.kernel.test_form import CELL, click, until
from tests.kernel.wire import RunningCell

pytestmark = pytest.mark.full

WIDGET = "application/vnd.jupyter.widget-view+json"
MakeCell = Callable[..., str]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("everywhere"))
    try:
        assert kernel.execute("%load_ext nbtrain") == "ok", kernel.error()
        yield kernel
    finally:
        kernel.close()


def run_cell(kernel: Kernel, code: str) -> None:
    assert kernel.execute(code) == "ok", kernel.error()


@pytest.fixture(scope="module")
def trained(kernel: Kernel, make_cell: MakeCell) -> list[dict[str, Any]]:
    """What the first cell that trains puts out; its run is `first`."""
    run_cell(kernel, make_cell("--out first", "num_train_epochs = 2"))
    return kernel.outputs


@pytest.mark.parametrize(
    ("code", "offered"),
    [
        ("%%finetune --out run\nlearning_r", "learning_rate = "),
        ("\n%%finetune\neval_strategy = ", '"epoch"'),
        ('%%finetune\ntrain = "$pai', '"$pairs"'),
        ("%%finetune --dr", "--dry-run"),
        ("%%finetune\nmodel = 'demo'\n", "learning_rate = "),
    ],
)
def test_keys_values_and_options_complete(kernel: Kernel, code: str, offered: str) -> None:
    run_cell(kernel, "pairs = []")
    reply = kernel.client.complete(code + "\nx = 1", len(code), reply=True, timeout=60)["content"]
    assert offered in reply["matches"]
    left = code[reply["cursor_start"] : reply["cursor_end"]]
    assert all(match.startswith(left) for match in reply["matches"])
    assert reply["cursor_end"] == len(code)


def test_other_cells_complete_as_before(kernel: Kernel) -> None:
    for code in ("learning_r", "%%time\nlearning_r"):
        assert "learning_rate = " not in kernel.client.complete(code, reply=True, timeout=60)["content"]["matches"]
    run_cell(kernel, "a_long_name = 1")
    assert "a_long_name" in kernel.client.complete("a_long_n", reply=True, timeout=60)["content"]["matches"]


def test_a_key_has_its_help(kernel: Kernel) -> None:
    reply = kernel.client.inspect("%%finetune\nlearning_rate = 1", 14, reply=True, timeout=60)["content"]
    assert reply["found"] and "a number greater than 0" in reply["data"]["text/plain"]


def test_a_mistake_is_lines(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute(make_cell("--out run", "learning_rte = 1")) == "error"
    assert kernel.error() == ["line 6: Unknown key `learning_rte`.", "    Did you mean `learning_rate`?"]


def test_a_cell_has_a_panel_and_then_a_record(kernel: Kernel, trained: list[dict[str, Any]]) -> None:
    panel, record = [message["content"] for message in trained if message["msg_type"] == "display_data"]
    assert set(panel["data"]) == {"text/plain", WIDGET}
    assert panel["metadata"]["nbtrain"]["part"] == "panel"
    last = displays(kernel)  # of the same outputs
    assert set(last[panel["transient"]["display_id"]].values()) == {""}, "the panel is gone at the end"
    html = last[record["transient"]["display_id"]]["text/html"]
    assert "accuracy" in html and "data:image/png;base64," in html
    assert not [message for message in trained if message["msg_type"] == "stream"]
    assert kernel.value("first.status, len(first.predictions), len(first.metrics)") == ("finished", 6, 2)
    assert kernel.value("first.predict([('the cat', 'the dog')]).shape[0]") == 1


def test_the_panel_is_heard_while_the_cell_blocks(kernel: Kernel, make_cell: MakeCell) -> None:
    running = RunningCell(kernel, make_cell("--out run", "num_train_epochs = 4000", 'eval_strategy = "no"'))
    running.wait_for_step(1)
    running.click("set", learning_rate=1e-3)
    running.click("stop")
    assert running.end() == "ok"
    assert kernel.value("run.status, [one.command for one in run.state.commands]") == ("stopped", ["set", "stop"])


def test_an_interrupt_keeps_everything_and_a_resumed_run_goes_on(kernel: Kernel, make_cell: MakeCell) -> None:
    running = RunningCell(kernel, make_cell("--out run", "num_train_epochs = 4000", 'eval_strategy = "no"'))
    running.wait_for_step(2)
    kernel.interrupt()
    assert running.end() == "error"
    assert kernel.value("run.status, len(run.history) == run.state.step") == ("interrupted", True)
    run_cell(kernel, "step = run.state.step")
    run_cell(kernel, f"%%finetune --resume run --out more\nmax_steps = {kernel.value('step') + 3}")
    assert kernel.value("more.status, [int(one) - step for one in more.history.step][-3:]") == ("finished", [1, 2, 3])


def test_a_run_in_the_background_is_waited_for(kernel: Kernel, make_cell: MakeCell) -> None:
    run_cell(kernel, make_cell("--out behind --background", "max_steps = 20"))
    run_cell(kernel, "behind.wait()")
    assert kernel.value("behind.status, behind.state.step") == ("finished", 20)


def test_a_watched_trainer(kernel: Kernel, make_cell: MakeCell) -> None:
    run_cell(kernel, make_cell("--out newest", "max_steps = 1"))
    code = """
import nbtrain
from transformers import Trainer, TrainingArguments
old = newest.trainer
arguments = TrainingArguments("mine", num_train_epochs=1, report_to="none", use_cpu=True, eval_strategy="epoch")
names = ("train_dataset", "eval_dataset", "processing_class", "compute_metrics")
trainer = Trainer(old.model, arguments, **{name: getattr(old, name) for name in names})
watched = nbtrain.watch(trainer)
output = trainer.train()
"""
    run_cell(kernel, code)
    panel, record = displays(kernel).values()
    assert set(panel.values()) == {""} and "accuracy" in record["text/plain"]
    assert kernel.value("watched.status, output.global_step, len(watched.predictions)") == ("finished", 7, 6)


def test_a_form_shows_its_data_and_trains(kernel: Kernel, tiny_model: Path, pairs_file: Path) -> None:
    run_cell(kernel, "import nbtrain\n" + CELL.format(model=tiny_model, train=pairs_file, lines="max_steps = 5"))
    shown = next(message["content"] for message in kernel.outputs if message["msg_type"] == "display_data")
    assert set(shown["data"]) == {"text/plain", WIDGET} and "max_steps = 5" in shown["data"]["text/plain"]
    until(kernel, "'left' in form.view.preview.rows.value or form.view.preview.errors")
    name = "form.view.footer.name.widget"
    assert "--out" in kernel.value(f"getattr({name}, 'tooltip', None) or {name}.description_tooltip")
    click(kernel, "form.view.footer.train")
    until(kernel, "form.run and form.run.state.ended and not form.view.training.busy")
    assert kernel.value("form.run is run, run.status, run.state.step") == (True, "finished", 5)


def test_a_script_trains_what_the_cell_did(kernel: Kernel, trained: list[dict[str, Any]], tmp_path: Path) -> None:
    script = Path(kernel.value(f"str(first.export({str(tmp_path / 'train.py')!r}))"))
    ended = subprocess.run([sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert list(tmp_path.rglob("model.safetensors"))


def test_a_template_comes_below(kernel: Kernel) -> None:
    reply = kernel.client.execute_interactive("%finetune --template", timeout=60, output_hook=lambda _: None)
    (payload,) = reply["content"]["payload"]
    assert payload["source"] == "set_next_input" and payload["text"].startswith("%%finetune")


def test_nobody_there_gets_text_and_the_record(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute(make_cell("--out run", "max_steps = 2"), allow_stdin=False) == "ok", kernel.error()
    (shown,) = displays(kernel).values()
    assert {"text/plain", "text/html"} <= set(shown)
    assert kernel.execute("%finetune --form", allow_stdin=False) == "ok" and "%%finetune" in kernel.text()


@pytest.mark.skipif(find_spec("evaluate") is not None, reason="evaluate is installed")
def test_a_metric_of_evaluate_says_what_to_install(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute(make_cell("--out run", 'metrics = ["bleurt"]')) == "error"
    assert 'pip install "nbtrain[metrics]"' in "\n".join(kernel.error())

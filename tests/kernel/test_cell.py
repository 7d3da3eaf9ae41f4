"""A `%%finetune` cell in a real kernel: messages to the front end, interrupts, and errors."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.kernel.conftest import Kernel

MakeCell = Callable[..., str]


def displays(kernel: Kernel) -> dict[str, dict[str, Any]]:
    """The final content of each display of the last cell, by display ID."""
    found: dict[str, dict[str, Any]] = {}
    for message in kernel.outputs:
        if message["msg_type"] in ("display_data", "update_display_data"):
            found[message["content"]["transient"]["display_id"]] = message["content"]["data"]
    return found


def test_a_panel_while_it_trains_and_a_record_when_it_ends(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute(make_cell("--out run", "num_train_epochs = 2", 'save_strategy = "no"')) == "ok", (
        kernel.error()
    )
    first = next(message for message in kernel.outputs if message["msg_type"] == "display_data")
    assert "application/vnd.jupyter.widget-view+json" in first["content"]["data"]
    panel, record = displays(kernel).values()
    assert set(panel.values()) == {""}, "the panel is gone at the end"
    assert set(record) == {"text/plain", "text/html", "application/vnd.nbtrain.run.v1+json"}
    assert "accuracy" in record["text/plain"]
    assert "data:image/png;base64," in record["text/html"]
    assert "<script" not in record["text/html"]
    assert kernel.text() == "", "nothing is printed"
    assert kernel.value("run.status, len(run.predictions), len(run.metrics)") == ("finished", 6, 2)


def test_the_panel_is_there_before_torch(kernel: Kernel, make_cell: MakeCell) -> None:
    note = "lambda message: imported.append('torch' in __import__('sys').modules) or message"
    assert kernel.execute(f"imported = []; get_ipython().display_pub.register_hook({note})") == "ok"
    assert kernel.execute(make_cell("--out run", "max_steps = 1")) == "ok", kernel.error()
    assert kernel.value("imported[0], imported[-1]") == (False, True)


@pytest.mark.timing
def test_deltas_are_few_and_small_however_many_steps(kernel: Kernel, make_cell: MakeCell) -> None:
    began = time.perf_counter()
    assert (
        kernel.execute(make_cell("--out run", "num_train_epochs = 40", 'eval_strategy = "no"', 'save_strategy = "no"'))
        == "ok"
    )
    seconds = time.perf_counter() - began
    deltas = [message for message in kernel.outputs if message["msg_type"] == "comm_msg"]
    assert kernel.value("len(run.history)") == 280
    assert len(deltas) <= 14 * seconds + 20
    assert kernel.value("run.status") == "finished"


def test_an_interrupt_stops_at_a_step_and_keeps_everything(kernel: Kernel, make_cell: MakeCell) -> None:
    sent = []

    def interrupt(message: dict[str, Any]) -> None:
        data = message["content"].get("data", {})
        head = data.get("content", {}).get("head", {}) if isinstance(data, dict) else {}
        if not sent and head.get("step", 0) > 3:
            sent.append(head["step"])
            kernel.interrupt()

    cell = make_cell("--out run", "num_train_epochs = 500", 'eval_strategy = "no"', 'save_strategy = "no"')
    assert kernel.execute(cell, on_output=interrupt) == "error"
    (line,) = kernel.error()
    assert line.startswith("Interrupted at step")
    assert sent
    steps = kernel.value("len(run.history)")
    assert sent[0] <= steps < 3500
    assert kernel.value("run.status, run.predict([('the cat', 'the dog')]).shape[0]") == ("interrupted", 1)
    assert kernel.value("len(run.predictions)") == 6
    record = kernel.value("run._repr_html_()")
    assert "nterrupted" in record
    assert kernel.value("__import__('signal').getsignal(2).__name__") == "default_int_handler"


def test_a_mistake_is_lines_not_a_traceback(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute(make_cell("--out run", "learning_rte = 1")) == "error"
    assert kernel.error() == ["line 6: Unknown key `learning_rte`.", "    Did you mean `learning_rate`?"]
    (error,) = [message["content"] for message in kernel.outputs if message["msg_type"] == "error"]
    assert error["ename"] == "ConfigError"
    assert kernel.value("'run' in globals()") is False


def test_a_mistake_in_the_data_takes_the_panel_away(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute(make_cell("--out run", 'label = "lable"')) == "error"
    assert all(set(data.values()) == {""} for data in displays(kernel).values())
    assert "`label`" in "\n".join(kernel.error())
    assert kernel.value("__import__('os').listdir('.')") in ([], ["nbtrain_runs"])


def test_keys_complete_in_the_body(kernel: Kernel) -> None:
    code = "%%finetune --out run\nlearning_r"
    reply = kernel.client.complete(code, len(code), reply=True, timeout=60)
    assert reply["content"]["matches"] == ["learning_rate = "]
    assert kernel.value("'torch' in __import__('sys').modules") is False


def test_a_watched_trainer_shows_the_same(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute(make_cell("--out first", "max_steps = 1", "seed = 3")) == "ok"
    code = """
import nbtrain
from transformers import Trainer, TrainingArguments
old = first.trainer
arguments = TrainingArguments("mine", num_train_epochs=2, report_to="none", use_cpu=True, eval_strategy="epoch")
names = ("train_dataset", "eval_dataset", "processing_class", "compute_metrics")
trainer = Trainer(old.model, arguments, **{name: getattr(old, name) for name in names})
run = nbtrain.watch(trainer)
before = run.status
output = trainer.train()
"""
    assert kernel.execute(code) == "ok", kernel.error()
    panel, record = displays(kernel).values()
    assert set(panel.values()) == {""}
    assert "accuracy" in record["text/plain"]
    assert kernel.value("before, run.status, output.global_step, len(run.history)") == ("created", "finished", 14, 14)
    assert kernel.value("type(trainer.callback_handler.callbacks[-1]).__name__") == "NotebookProgressCallback"
    assert kernel.value("run.directory.parent.name, len(run.predictions)") == ("nbtrain_runs", 6)


def test_a_key_has_its_help_in_a_finetune_cell(kernel: Kernel) -> None:
    code = '%%finetune\nlearning_rate = 5e-5\ntrain = "$table"\n'

    def text(part: str) -> str:
        reply = kernel.client.inspect(code, code.index(part) + 3, reply=True, timeout=60)["content"]
        return str(reply["data"].get("text/plain", "")) if reply["found"] else ""

    assert kernel.execute("table = {'a': 1}") == "ok"
    assert "a number greater than 0" in text("learning_rate")
    assert "dict" in text("$table")
    for magic in ("%reload_ext nbtrain", "%reload_ext nbtrain"):
        assert kernel.execute(magic) == "ok"
    assert "Takes a number" in text("learning_rate")
    assert kernel.execute("%unload_ext nbtrain") == "ok"
    assert "Takes a number" not in text("learning_rate")
    assert kernel.value("'do_inspect' in vars(get_ipython().kernel)") is False
    assert kernel.execute("%load_ext nbtrain") == "ok"

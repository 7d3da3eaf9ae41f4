"""`%%finetune --background` in a real kernel: the cell ends, the run continues, and other cells do not affect it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.conftest import Kernel

MakeCell = Callable[..., str]
LINES = ("max_steps = 400", 'eval_strategy = "steps"', "eval_steps = 25", 'save_strategy = "no"',
         "gradient_accumulation_steps = 2")  # fmt: skip
SHORT = ("max_steps = 60", *LINES[1:])
LONG = ("num_train_epochs = 1000", 'eval_strategy = "no"', 'save_strategy = "no"')
TWO = 'text_pairs = [["a cat", "a cat"], ["a dog", "one bird"]]'
SAME = """
from safetensors.torch import load_file
def weights(run):
    return load_file(run.directory / "model" / "model.safetensors")
def same(one, two):
    one, two = weights(one), weights(two)
    return one.keys() == two.keys() and all(bool((one[name] == two[name]).all()) for name in one)
"""
ANOTHER_TRAINER = """
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments
other = Trainer(
    AutoModelForSequenceClassification.from_pretrained(run.config["model"]),
    TrainingArguments("other", use_cpu=True, max_steps=2, report_to="none", disable_tqdm=True,
                      save_strategy="no", per_device_train_batch_size=2, gradient_accumulation_steps=3),
    train_dataset=[{"input_ids": [2, 5, 6, 3], "labels": 1}] * 12,
)
_ = other.train()
"""
DISTURBANCES = (
    "import torch, random, numpy; torch.manual_seed(7); random.seed(7); numpy.random.seed(7); _ = torch.randn(100)",
    "from transformers import TrainingArguments; _ = TrainingArguments(use_cpu=True).device",
    ANOTHER_TRAINER,
    "torch.set_num_threads(2); torch.set_default_dtype(torch.float64)",
    "import accelerate; accelerate.state.AcceleratorState._reset_state(True)",
    "run.predict(text_pairs)",
    "run.predict('validation'), run.predictions, run.metrics, run.history, run",
    "_ = run.model.eval()",
)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("background"))
    try:
        assert kernel.execute("import torch; torch.set_num_threads(1)\n%load_ext nbtrain\n" + SAME) == "ok"
        yield kernel
    finally:
        kernel.close()


@pytest.fixture(autouse=True)
def nothing_left(kernel: Kernel) -> Iterator[None]:
    """Stop runs that a failed test has left."""
    yield
    run_cell(
        kernel,
        "for name in ('run', 'first', 'second', 'behind'):\n"
        "    if name in globals() and globals()[name].control: globals()[name].stop(); globals()[name].wait()",
    )


def run_cell(kernel: Kernel, code: str) -> str:
    """Execute a cell that must succeed; returns what it printed."""
    assert kernel.execute(code) == "ok", kernel.error()
    return kernel.text()


def all_messages(kernel: Kernel, code: str) -> list[dict[str, Any]]:
    """Execute a cell; returns all messages that the kernel publishes meanwhile, of any cell."""
    cell, seen = kernel.client.execute(code), []
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        seen.append(message)
        is_idle = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
        if is_idle and message["parent_header"]["msg_id"] == cell:
            return seen


def until(kernel: Kernel, expression: str, seconds: float = 60) -> None:
    """Evaluate `expression` in one cell after the other until it is true."""
    end = time.monotonic() + seconds
    while not kernel.value(f"bool({expression})"):
        assert time.monotonic() < end, expression
        time.sleep(0.05)


def test_nothing_that_other_cells_do_gets_into_the_weights(kernel: Kernel, make_cell: MakeCell) -> None:
    run_cell(kernel, make_cell("--out undisturbed", *LINES))
    run_cell(kernel, make_cell("--out run --background", *LINES))
    until(kernel, "run.state.started is not None")
    run_cell(kernel, TWO)
    done: dict[str, int] = {}
    for disturbance in DISTURBANCES:
        before = kernel.value("run.state.step")
        run_cell(kernel, disturbance)
        if kernel.value("run.status") == "running":
            done[disturbance] = before
    assert set(done) >= set(DISTURBANCES), f"too fast to be disturbed: {done}"
    run_cell(kernel, "torch.set_default_dtype(torch.float32); _ = await run")
    assert kernel.value("run.status, run.state.step == undisturbed.state.step") == ("finished", True)
    assert kernel.value("same(run, undisturbed)") is True
    assert kernel.value("run.history.loss.equals(undisturbed.history.loss)") is True
    assert kernel.value("run.metrics.accuracy.equals(undisturbed.metrics.accuracy)") is True
    assert kernel.value("run.predictions.equals(undisturbed.predictions)") is True


def test_the_cell_is_over_at_once_and_shows_the_run_all_the_same(kernel: Kernel, make_cell: MakeCell) -> None:
    run_cell(kernel, make_cell("--out run --background", *LONG))
    assert kernel.text() == ""
    panel, record = [message["content"] for message in kernel.outputs if message["msg_type"] == "display_data"]
    assert "application/vnd.jupyter.widget-view+json" in panel["data"]
    assert kernel.value("run.state.step < 50, run.state.ended") == (True, False)
    until(kernel, "run.state.step > 5")
    run_cell(kernel, "len_at_stop = len(run.history); run.stop()")
    seen = all_messages(kernel, "_ = await run")
    assert kernel.value("run.status, run.state.step >= len_at_stop > 5") == ("stopped", True)
    assert kernel.value("len(run.history) == run.state.step < 1000") is True
    updates = {
        message["content"]["transient"]["display_id"]: message["content"]["data"]
        for message in seen
        if message["msg_type"] == "update_display_data"
    }
    assert set(updates[panel["transient"]["display_id"]].values()) == {""}, "the panel has gone"
    assert "stopped" in updates[record["transient"]["display_id"]]["text/plain"].lower()
    assert not any(message["msg_type"] == "stream" for message in seen), "nothing is printed from between the cells"


def test_without_a_variable_the_run_is_the_result(kernel: Kernel, make_cell: MakeCell) -> None:
    run_cell(kernel, make_cell("--background", *LONG))
    (result,) = [message["content"] for message in kernel.outputs if message["msg_type"] == "execute_result"]
    assert "in the background" in result["data"]["text/plain"]
    run_cell(kernel, "run = Out[max(Out)]; run.stop(); run.wait()")
    assert kernel.value("run.status") == "stopped"


def test_a_look_between_steps_shows_the_model_as_it_is(kernel: Kernel, make_cell: MakeCell) -> None:
    run_cell(kernel, make_cell("--out run --background", *LONG, "learning_rate = 1e-2"))
    run_cell(kernel, TWO)
    until(kernel, "run.state.step > 2")
    run_cell(kernel, "early = run.predict(text_pairs)")
    until(kernel, "run.state.step > 60")
    run_cell(kernel, "run.pause()")
    until(kernel, "run.status == 'paused'")
    run_cell(kernel, "modes = [m.training for m in run.model.modules()]; later = run.predict(text_pairs)")
    assert kernel.value("bool((early.probability == later.probability).any())") is False
    assert kernel.value("[m.training for m in run.model.modules()] == modes") is True
    run_cell(
        kernel,
        "import torch; run.model.eval(); batch = run.tokenizer(*zip(*text_pairs), padding=True, return_tensors='pt')\n"
        "with torch.no_grad(): expected = run.model(**batch).logits.softmax(-1).max(-1).values",
    )
    assert kernel.value("bool(abs(later.probability.to_numpy() - expected.numpy()).max() < 1e-6)") is True
    run_cell(kernel, "at = run.state.step; run.step(2)")
    until(kernel, "run.status == 'paused' and run.state.step == at + 2")
    run_cell(kernel, "run.stop(); await run")
    assert kernel.value("run.status, run.state.step") == ("stopped", kernel.value("at + 2"))


def test_a_second_run_waits_for_the_first(kernel: Kernel, make_cell: MakeCell) -> None:
    run_cell(kernel, make_cell("--out first --background", *SHORT))
    run_cell(kernel, make_cell("--out second --background", *SHORT))
    run_cell(kernel, make_cell("--out third --background", *SHORT))
    until(kernel, "second.state.phase is not None and second.state.phase.waits_for")
    assert kernel.value("second.status, second.state.step") == ("created", 0)
    assert kernel.value("second.state.phase.waits_for == first.id") is True
    run_cell(kernel, "third.stop()")
    until(kernel, "third.state.ended", 2)
    assert kernel.value("third.status, first.status") == ("stopped", "running")
    run_cell(kernel, "third.wait(); second.wait()")
    assert kernel.value("first.status, second.status, same(first, second)") == ("finished", "finished", True)


@pytest.mark.full
def test_a_run_in_the_foreground_trains_in_between(kernel: Kernel, make_cell: MakeCell) -> None:
    run_cell(kernel, make_cell("--out behind --background", *SHORT, "seed = 3"))
    until(kernel, "behind.state.step > 3")
    run_cell(kernel, make_cell("--out front", *SHORT))
    assert kernel.value("front.status, behind.status") == ("finished", "running")
    run_cell(kernel, "behind.wait()")
    run_cell(kernel, make_cell("--out again", *SHORT, "seed = 3"))
    run_cell(kernel, make_cell("--out plain", *SHORT))
    assert kernel.value("same(behind, again), same(front, plain), same(front, behind)") == (True, True, False)


def test_a_failure_is_raised_for_those_who_wait(kernel: Kernel, make_cell: MakeCell) -> None:
    run_cell(
        kernel,
        "from transformers import TrainerCallback\nclass Fails(TrainerCallback):\n"
        "    def on_step_end(self, args, state, control, **kwargs):\n"
        "        if state.global_step == 5: raise ValueError('no more')\nfails = Fails()",
    )
    run_cell(kernel, make_cell("--out run --background", *LONG, 'callbacks = "$fails"'))
    until(kernel, "run.state.ended")
    assert kernel.text().strip() == "True", "nothing else is printed"
    assert kernel.value("run.status, run.state.error") == ("failed", "ValueError: no more")
    for _ in range(2):
        assert kernel.execute("run.wait()") == "error"
        assert "ValueError" in kernel.error()[-1]
        assert kernel.execute("await run") == "error"
    run_cell(kernel, make_cell("--out run --background", "max_steps = 3"))
    run_cell(kernel, "_ = await run; import gc; _ = gc.collect()")
    assert kernel.text() == ""
    assert kernel.value("run.status, len(run.predictions)") == ("finished", 6)


@pytest.mark.parametrize(
    "join", ["run.wait()", *(pytest.param(join, marks=pytest.mark.full) for join in ("await run", "second.wait()"))]
)
def test_an_interrupt_while_waiting_stops_and_keeps(kernel: Kernel, make_cell: MakeCell, join: str) -> None:
    run_cell(kernel, make_cell("--out run --background", *LONG))
    if "second" in join:
        run_cell(kernel, make_cell("--out second --background", "max_steps = 2", 'save_strategy = "no"'))
    until(kernel, "run.state.step > 3")
    pressed: list[bool] = []

    def press(message: dict[str, Any]) -> None:
        if "joining" in str(message["content"].get("text")):
            time.sleep(0.5)
            kernel.interrupt()
            pressed.append(True)

    assert kernel.execute(f"print('joining', flush=True); {join}", on_output=press) == "error"
    (line,) = kernel.error()
    assert line.startswith("Interrupted at step"), line
    assert pressed
    assert kernel.value("run.status, len(run.history) == run.state.step > 3") == ("interrupted", True)
    assert kernel.value("(run.directory / 'model' / 'model.safetensors').exists()") is True
    if "second" in join:
        run_cell(kernel, "await second")
        assert kernel.value("second.status") == "finished"
    run_cell(kernel, "run.wait()")


@pytest.mark.parametrize("blocked", [False, True])
def test_a_click_in_the_panel_is_heard(kernel: Kernel, make_cell: MakeCell, *, blocked: bool) -> None:
    run_cell(kernel, make_cell("--out run --background", *LONG))
    view = next(message for message in kernel.outputs if message["msg_type"] == "display_data")
    panel = view["content"]["data"]["application/vnd.jupyter.widget-view+json"]["model_id"]
    until(kernel, "run.state.step > 3")
    click = {"run": kernel.value("run.id"), "command": "stop", "values": {}, "id": 1}

    def press(message: dict[str, Any]) -> None:
        if not blocked or "joining" in str(message["content"].get("text")):
            data = {"comm_id": panel, "data": {"method": "custom", "content": click}}
            time.sleep(0.3)
            kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", data))

    if blocked:
        assert kernel.execute("print('joining', flush=True); run.wait()", timeout=30, on_output=press) == "ok"
    else:
        press({})
        until(kernel, "run.state.ended")
    assert kernel.value("run.status, 3 < run.state.step < 1000") == ("stopped", True)


def test_where_nobody_stays_it_trains_in_the_foreground(tmp_path: Path, make_cell: MakeCell, kernel: Kernel) -> None:
    cell = make_cell("--out run --background", "max_steps = 2")
    assert kernel.execute(cell, allow_stdin=False) == "ok", kernel.error()
    texts = [str(message["content"].get("data", {}).get("text/plain", "")) for message in kernel.outputs]
    assert any("foreground" in text for text in texts), "the record says so"
    assert kernel.value("run.status, run.state.step") == ("finished", 2)

"""`%finetune --list`, `--show` and `--resume` in real kernels, over the death of one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.kernel.conftest import Kernel

ENDLESS = ("num_train_epochs = 1000", 'save_strategy = "steps"', "save_steps = 5", "eval_steps = 5")
WIDGET = "application/vnd.jupyter.widget-view+json"


def displayed(kernel: Kernel) -> list[dict[str, str]]:
    return [message["content"]["data"] for message in kernel.outputs if message["msg_type"] == "display_data"]


def test_a_live_run_is_shown_live_and_a_dead_one_goes_on(
    kernel: Kernel, make_cell: Callable[..., str], tmp_path: Path
) -> None:
    assert kernel.execute("%finetune --list") == "ok"
    assert "No runs here yet" in displayed(kernel)[0]["text/plain"]
    assert kernel.execute("%finetune --show") == "error"
    assert "`%finetune --template`" in "\n".join(kernel.error())

    assert kernel.execute(make_cell("--out run --background", *ENDLESS, 'eval_strategy = "steps"')) == "ok"
    while kernel.value("run.state.evaluation_count") < 2:
        time.sleep(0.1)
    assert kernel.execute("%finetune --show") == "ok", kernel.error()
    assert any(WIDGET in bundle for bundle in displayed(kernel)), "a live panel"
    assert kernel.value("len(run.views)") >= 3
    assert kernel.execute("%finetune --list") == "ok"
    [_, line] = displayed(kernel)[0]["text/plain"].splitlines()
    assert line.startswith("run (") and "  Running  " in line and "accuracy 0." in line
    assert "<script>" in displayed(kernel)[0]["text/html"]
    assert kernel.execute("%finetune --clean run") == "error"
    assert "is training and cannot be deleted" in "\n".join(kernel.error())
    assert kernel.execute("%finetune --show ruin") == "error"
    assert "Did you mean `run`?" in "\n".join(kernel.error())
    name, steps = kernel.value("(run.id, len(run.history))")

    os.kill(kernel.value("__import__('os').getpid()"), signal.SIGKILL)
    second = Kernel(tmp_path)
    try:
        assert second.execute("%load_ext nbtrain") == "ok"
        assert second.execute("%finetune --list") == "ok"
        listed = displayed(second)[0]["text/plain"].splitlines()[1]
        assert listed.startswith("run (") and "  Interrupted  " in listed
        assert second.execute(f"%finetune --show {name}") == "ok"
        [bundle] = displayed(second)
        assert "its process ended" in bundle["text/html"] and "data:image/png" in bundle["text/html"]
        assert "<code>%%finetune --resume " in bundle["text/html"]
        assert second.execute(f"%%finetune --resume run --out more --quiet\nmax_steps = {steps + 400}\n") == "ok"
        assert second.value("more.status") == "finished"
        assert second.value("list(more.history['step']) == list(range(1, more.state.max_steps + 1))")
        assert second.value("more.state.branched.parent") == name
        assert second.execute("%finetune --resume more") == "error"
        assert "max_steps = " in "\n".join(second.error())
    finally:
        second.close()

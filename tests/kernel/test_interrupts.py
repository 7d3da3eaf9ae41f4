"""An interrupt at any moment: the saved data are consistent, and the kernel still works."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kernel.conftest import Kernel

MakeCell = Callable[..., str]
LINES = ("num_train_epochs = 400", 'eval_strategy = "steps"', "eval_steps = 3", 'save_strategy = "steps"',
         "save_steps = 5", "save_total_limit = 2", "logging_steps = 1")  # fmt: skip
SOUND = """
from safetensors.torch import load_file
kept = load_file(run.directory / "model" / "model.safetensors")
checkpoint = sorted(run.directory.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))[-1]
saved = load_file(checkpoint / "model.safetensors")
now = run.model.state_dict()
step = run.state.step
sound = (
    run.status == "interrupted"
    and all(bool((kept[name] == value).all()) for name, value in now.items())
    and all(bool((saved[name] == value).all()) for name, value in now.items())
    and checkpoint.name == f"checkpoint-{step}"
    and (checkpoint / "optimizer.pt").exists()
    and len(run.history) == step
    and len(run.predictions) == 6
)
"""


class Interrupter:
    """Runs a cell and interrupts it a given time after its first step."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def __call__(self, cell: str, delay: float) -> list[str]:
        """Returns the lines of the cell's error."""
        due: list[float] = []

        def look(message: dict[str, object]) -> None:
            if "'step': " in str(message) and "'step': 0" not in str(message) and not due:
                due.append(time.monotonic() + delay)
                time.sleep(delay)
                self._kernel.interrupt()

        assert self._kernel.execute(cell, on_output=look) == "error"
        return self._kernel.error()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("interrupts"))
    try:
        assert kernel.execute("%load_ext nbtrain") == "ok"
        yield kernel
    finally:
        kernel.close()


def interrupt_at(kernel: Kernel, make_cell: MakeCell, seeds: range) -> None:
    for seed in seeds:
        delay = random.Random(seed).uniform(0, 1.5)
        (line,) = Interrupter(kernel)(make_cell("--out run", *LINES), delay)
        assert line.startswith("Interrupted at step") and "Resume: `%%finetune --resume " in line, line
        assert kernel.execute(SOUND) == "ok", kernel.error()
        assert kernel.value("sound") is True, (seed, delay, kernel.value("run.status, step, checkpoint.name"))
    assert kernel.value("__import__('signal').getsignal(2).__name__") == "default_int_handler"


def test_a_handful_of_moments(kernel: Kernel, make_cell: MakeCell) -> None:
    interrupt_at(kernel, make_cell, range(5))


@pytest.mark.full
def test_fifty_moments(kernel: Kernel, make_cell: MakeCell) -> None:
    interrupt_at(kernel, make_cell, range(100, 150))


def test_what_was_interrupted_can_go_on(kernel: Kernel, make_cell: MakeCell) -> None:
    Interrupter(kernel)(make_cell("--out run", *LINES), 0.5)
    step = kernel.value("run.state.step")
    lines = [*LINES[1:], f"max_steps = {step + 4}", f'resume_from_checkpoint = "{{}}/checkpoint-{step}"']
    cell = make_cell("--out more", *lines).replace("{}", kernel.value("str(run.directory)"))
    assert kernel.execute(cell) == "ok", kernel.error()
    assert kernel.value("list(more.history.step)") == list(range(step + 1, step + 5))


SCRIPT = """
import sys, nbtrain
run = nbtrain.finetune(model=sys.argv[1], train=sys.argv[2], text=["left", "right"], use_cpu=True, num_train_epochs=400,
                       eval_strategy="no", save_strategy="no")
print("kept", run.status, run.state.step > 0, len(run.predictions))
"""


def test_a_script_goes_on_with_what_it_has(tiny_model: Path, pairs_file: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tiny_model), str(pairs_file)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    journals: list[Path] = []
    while not journals or '"stepped"' not in journals[0].read_text():
        time.sleep(0.05)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        journals = list(tmp_path.glob("nbtrain_runs/*/events.jsonl"))
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert said.splitlines()[-1] == "kept interrupted True 6"
    assert "Traceback" not in errors
    assert errors.count("Interrupted at step") == 1 and 'Resume: nbtrain.finetune(resume="' in errors


def test_terminal_ipython_shows_one_line(tiny_model: Path, pairs_file: Path, tmp_path: Path) -> None:
    """In a pseudo-terminal, with Ctrl-C."""
    import pty

    code = SCRIPT.replace("sys.argv[1]", repr(str(tiny_model))).replace("sys.argv[2]", repr(str(pairs_file)))
    (tmp_path / "cell.py").write_text(code.split("print(")[0])
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor"],
        cwd=tmp_path, stdin=child, stdout=child, stderr=child, start_new_session=True,
        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
        env={**os.environ, "OMP_NUM_THREADS": "1", "TERM": "dumb", "IPYTHONDIR": str(tmp_path / "ipython")},
    )  # fmt: skip
    os.close(child)
    screen = Screen(parent)
    try:
        screen.wait_for("In [1]")
        screen.type("%run -i cell.py\n")
        screen.wait_for("step")
        while not any('"stepped"' in path.read_text() for path in tmp_path.glob("nbtrain_runs/*/events.jsonl")):
            screen.read()
        screen.type("\x03")
        screen.wait_for("Interrupted at step")
        screen.type("print('still', 'here')\n")
        screen.wait_for("still here")
        assert "Traceback" not in screen.text
    finally:
        process.kill()
        process.wait()
        os.close(parent)


class Screen:
    """A program in a terminal: its output, and the keys sent to it."""

    def __init__(self, terminal: int) -> None:
        self.text = ""
        self._terminal = terminal

    def read(self, seconds: float = 0.1) -> None:
        import select

        if select.select([self._terminal], [], [], seconds)[0]:
            self.text += os.read(self._terminal, 65536).decode(errors="replace")

    def wait_for(self, text: str, seconds: float = 90) -> None:
        end = time.monotonic() + seconds
        while text not in self.text:
            assert time.monotonic() < end, self.text[-2000:]
            self.read()

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

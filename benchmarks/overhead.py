"""What nbtrain costs a training step: panel, record, list of runs, journal, controls, guards, per-example results.

    python -m benchmarks.overhead
    python -m benchmarks.overhead --steps 400 --rounds 9

In a kernel with a client, the same tiny model is trained by a plain `Trainer`, and by the same Trainer as a
`%%finetune` cell drives it, in turns. To either, each step brings the same extra work of 0, 5 or 50 ms, which moves
through 64 MB of memory, so that what comes between two steps finds its caches as cold as in a real training.

What counts is processor time, of all threads, without that of the extra work: it is the same however many others use
the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.kernels import cell_views, in_kernel
from benchmarks.results import Result, machine, shown

if TYPE_CHECKING:
    from transformers import Trainer

LENGTHS = (0.0, 5.0, 50.0)
"""Milliseconds of extra work in a step."""
MOST_MICROSECONDS = 150.0
MOST_SHARE = 0.01
AT_MILLISECONDS = 50.0
EVALUATED = 2000
"""Rows of the evaluation split."""


class Work:
    """The extra work of a step.

    Args:
        milliseconds: How long it takes, of processor time.

    Attributes:
        seconds: What all of it took until now.
    """

    def __init__(self, milliseconds: float) -> None:
        import numpy as np

        self.seconds = 0.0
        self._length = milliseconds / 1000
        self._memory = np.zeros(16 * 2**20, dtype=np.float32)
        self._at = 0

    def do(self) -> None:
        """Add to numbers here and there until the time is up."""
        began = time.thread_time()
        while time.thread_time() - began < self._length:
            self._memory[self._at : self._at + 2**18] += 1
            self._at = (self._at + 2**18) % len(self._memory)
        self.seconds += time.thread_time() - began


def trainer_of(folder: Path, steps: int, work: Work) -> Trainer:
    """A tiny BERT and a Trainer for it, the same each time, with arguments as a cell has them."""
    import numpy as np
    import torch
    from datasets import Dataset
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        PrinterCallback,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    class Longer(Trainer):  # type: ignore[misc]
        def training_step(self, *args: Any, **kwargs: Any) -> Any:
            work.do()
            return super().training_step(*args, **kwargs)

    torch.set_num_threads(1)
    set_seed(0)
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    model = BertForSequenceClassification(BertConfig(vocab_size=60, max_position_embeddings=16, **shape))
    tokens = np.random.default_rng(0).integers(5, 60, size=(steps * 4, 12))
    rows = Dataset.from_dict({"input_ids": tokens.tolist(), "labels": (tokens.sum(axis=1) % 2).tolist()})
    arguments = TrainingArguments(
        str(folder),
        per_device_train_batch_size=4,
        per_device_eval_batch_size=200,
        num_train_epochs=1,
        logging_steps=50,
        disable_tqdm=True,
        report_to="none",
        use_cpu=True,
        save_strategy="no",
        dataloader_pin_memory=False,
    )
    evaluated = rows.select([at % len(rows) for at in range(EVALUATED)])
    trainer = Longer(model, arguments, train_dataset=rows, eval_dataset=evaluated)
    trainer.remove_callback(PrinterCallback)
    return trainer


def plain(trainer: Trainer, folder: Path) -> None:
    """Train as a script does."""
    trainer.train()


def driven(trainer: Trainer, folder: Path) -> None:
    """Train as a cell does."""
    from nbtrain.config import Config
    from nbtrain.engine.stream import Stream
    from nbtrain.engine.weights import Weights
    from nbtrain.events import Prepared
    from nbtrain.recorder import Recorder
    from nbtrain.run import Run
    from nbtrain.session import Session

    recorder = Recorder(folder.name, folder, cell_views())
    rows = trainer.eval_dataset.select_columns(["labels"]).rename_column("labels", "label")
    names = {"text": ["text"], "label": ["label"], "labels": ["no", "yes"]}
    prepared = Prepared(task="text_classification", sizes={}, max_length=16, **names)
    recorder.emit(prepared)
    run = Run(folder, recorder.state, Config(), Weights(folder, Config(), trainer))
    Session(run, recorder, trainer, prepared, rows).train(Stream(trainer, guarded=True))


def seconds_of(train: Callable[[Trainer, Path], None], steps: int, milliseconds: float, *, evaluates: bool) -> float:
    """Processor seconds of a training, from its first step to the end of its last, without the extra work.

    Args:
        train: `plain` or `driven`.
        steps: Steps to take.
        milliseconds: Extra work of each.
        evaluates: Evaluate after the last step, and count that alone.
    """
    from transformers import TrainerCallback

    marks: dict[str, float] = {}

    class Marks(TrainerCallback):  # type: ignore[misc]
        """Counts from the end of step 10, when all is warm; behind all other callbacks."""

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step in (10, steps):
                marks[str(state.global_step)] = time.process_time() - work.seconds

    work = Work(milliseconds)
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(None):
        folder = Path(name)
        trainer = trainer_of(folder, steps, work)
        trainer.args.eval_strategy = "epoch" if evaluates else "no"
        trainer.add_callback(Marks())
        train(trainer, folder)
        ended = time.process_time() - work.seconds
    return ended - marks[str(steps)] if evaluates else marks[str(steps)] - marks["10"]


def compare(steps: int, rounds: int, milliseconds: float) -> list[float]:
    """Microseconds that a step takes more when it is driven, once for each round."""
    more = []
    for _ in range(rounds + 1):  # the first one warms up
        one, other = (seconds_of(train, steps, milliseconds, evaluates=False) for train in (plain, driven))
        more.append((other - one) / (steps - 10) * 1e6)
    return more[1:]


def compare_ends(rounds: int) -> list[float]:
    """Microseconds that each example of an evaluation takes more, with results in two files and the run's end."""
    more = []
    for _ in range(rounds + 1):
        one, other = (seconds_of(train, 20, 0.0, evaluates=True) for train in (plain, driven))
        more.append((other - one) / EVALUATED * 1e6)
    return more[1:]


def measure(steps: int = 300, rounds: int = 15) -> Result:
    """Compare at each length of a step."""
    rows, missed = [], []
    for milliseconds in LENGTHS:
        fewer = steps if milliseconds < AT_MILLISECONDS else max(100, steps // 3)
        arguments = {"steps": fewer, "rounds": rounds, "milliseconds": milliseconds}
        more = in_kernel("benchmarks.overhead.compare", **arguments)
        middle = sorted(more)[len(more) // 2]
        share = f"{middle / 10 / milliseconds:.2f} %" if milliseconds else ""
        rows.append(
            [f"{milliseconds:.0f} ms and a tiny model", shown(more, digits=0), f"{MOST_MICROSECONDS:.0f}", share]
        )
        if middle > MOST_MICROSECONDS:
            missed.append(f"{middle:.0f} microseconds at {milliseconds:.0f} ms a step")
        if milliseconds == AT_MILLISECONDS and middle > MOST_SHARE * milliseconds * 1000:
            missed.append(f"{share} of a step of {milliseconds:.0f} ms")
    ends = in_kernel("benchmarks.overhead.compare_ends", rounds=rounds)
    rows.append([f"each of {EVALUATED:,} evaluated examples, and the end of the run", shown(ends, digits=0), "", ""])
    how = (
        f"Processor time of all threads of the kernel, driven minus plain. {rounds} rounds of {steps} steps in turns "
        f"(a third of them at {AT_MILLISECONDS:.0f} ms), median (middle half)."
    )
    return Result("What a step costs more", how, ["step", "microseconds more", "limit", "share"], rows, missed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    print(machine(), measure(given.steps, given.rounds).text(), sep="\n\n")

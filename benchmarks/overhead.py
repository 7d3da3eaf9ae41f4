"""Overhead of a training step: panel, record, journal, controls, guards, per-example results, and the runs panel of
pages with the extension.

    python -m benchmarks.overhead
    python -m benchmarks.overhead --rounds 5

In a kernel with a client, the same tiny model is trained alternately by a plain `Trainer` and by a Trainer driven like
a `%%finetune` cell. In both, each step has the same extra work of 0 to 300 ms on 64 MB of memory, so that the code
between two steps has cold CPU caches, as in a real training.

The measure is CPU time of all threads without the extra work, which does not depend on the load of the machine. A step
of the plain Trainer takes 3 to 4 ms with cold caches, and this varies more than the overhead: hence the many rounds.
Messages are limited by time on the clock (one a second); the other training's turns do not count. On a busy machine a
step takes more time on the clock, and so bears more messages than it would alone.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import gc
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.kernels import cell_views, in_kernel
from benchmarks.results import Result, machine, shown
from benchmarks.turns import TURN, Party, Train, Work

if TYPE_CHECKING:
    from transformers import Trainer

MAX_SHARE = 0.01
"""Maximum share of the step time, for steps of at least `AT_MILLISECONDS`. Shorter ones are shown without a limit."""
AT_MILLISECONDS = 50.0
EVALUATED = 2000
"""Rows of the evaluation split."""
WARM = 2
"""Number of warm-up turns of a training."""


class Case(NamedTuple):
    """One measurement.

    Attributes:
        milliseconds: Extra work of a step.
        steps: Steps of a training.
        rounds: Pairs of trainings per requested round.
        listed: A page with the runs panel is connected.
    """

    milliseconds: float
    steps: int
    rounds: int = 1
    listed: bool = False

    @property
    def name(self) -> str:
        """Its name in the table."""
        return f"{self.milliseconds:.0f} ms and a tiny model" + (", with the page's list of runs" * self.listed)


CASES = (
    *(Case(0.0, 300), Case(5.0, 300), Case(50.0, 100, 3)),
    *(Case(50.0, 100, 3, listed=True), Case(300.0, 40, listed=True)),
)


def trainer_of(steps: int, folder: Path, work: Work) -> Trainer:
    """A tiny BERT and a Trainer for it, always the same, with the arguments of a cell."""
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
    # no layers: the model's time cancels out in the difference, its variance does not
    shape = {"hidden_size": 16, "num_hidden_layers": 0, "num_attention_heads": 2, "intermediate_size": 32}
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
        eval_strategy="no",
        dataloader_pin_memory=False,
    )
    evaluated = rows.select([at % len(rows) for at in range(EVALUATED)])
    trainer = Longer(model, arguments, train_dataset=rows, eval_dataset=evaluated)
    trainer.remove_callback(PrinterCallback)
    return trainer


def plain(trainer: Trainer, folder: Path) -> None:
    """Train like a script."""
    trainer.train()


def driven(trainer: Trainer, folder: Path, *, listed: bool = False) -> None:
    """Train like a cell; a page with the runs panel is connected if `listed`."""
    from nbtrain.config import Config
    from nbtrain.engine.stream import Stream
    from nbtrain.events import Prepared, TaskSpec
    from nbtrain.events.recorder import Recorder
    from nbtrain.training.live_run import StoredRun
    from nbtrain.training.saved_model import SavedModel
    from nbtrain.training.session import Session

    views = cell_views(listed=listed)
    recorder = Recorder(folder.name, folder, views)
    rows = trainer.eval_dataset.select_columns(["labels"]).rename_column("labels", "label")
    spec = TaskSpec("text_classification", ("text",), ("label",), ("no", "yes"), {"max_length": 16})
    recorder.emit(Prepared(spec=spec, sizes={}))
    run = StoredRun(folder, recorder.state, Config(), SavedModel(folder, Config(), trainer))
    Session(run, recorder, trainer, spec, rows).train(Stream(trainer, guarded=True))
    assert recorder.views == views, [message.message for message in recorder.state.messages]  # none has failed


def more_per_step(steps: int, milliseconds: float, *, plain_first: bool, listed: bool = False) -> list[float]:
    """Additional CPU seconds per step of the driven training, one value per pair of turns; both train alternately."""
    from nbtrain.notebook.kernel.throttle import Throttle

    ways: dict[str, Train] = {"plain": plain, "driven": functools.partial(driven, listed=listed)}
    order = list(ways) if plain_first else list(reversed(ways))
    spent: dict[str, list[float]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        make_trainer = functools.partial(trainer_of, steps)
        parties = {way: Party(ways[way], make_trainer, Path(folder, way), milliseconds) for way in order}
        Throttle.clock = staticmethod(parties["driven"].clock)
        for turn in range(steps // TURN):
            if turn == WARM:  # the garbage collector scans all objects of torch, which takes longer than the overhead
                gc.collect()
                gc.freeze()
            for way, party in parties.items():
                spent[way].append(party.take_turn())
        for party in parties.values():
            party.take_turn()
        Throttle.clock = staticmethod(time.monotonic)
        gc.unfreeze()
    pairs = zip(spent["plain"][WARM:], spent["driven"][WARM:], strict=True)
    return [(driven_seconds - plain_seconds) / TURN for plain_seconds, driven_seconds in pairs]


def compare(steps: int, rounds: int, milliseconds: float, *, listed: bool = False) -> list[float]:
    """Additional microseconds per step of the driven training, one value per pair of turns."""
    more_per_step(4 * TURN, 0.0, plain_first=True)  # warms up
    options: list[dict[str, bool]] = [{"plain_first": bool(number % 2), "listed": listed} for number in range(rounds)]
    return [seconds * 1e6 for each in options for seconds in more_per_step(steps, milliseconds, **each)]


def end_seconds(train: Callable[[Trainer, Path], None], steps: int) -> float:
    """CPU seconds from the last step to the end of a training, including an evaluation."""
    from transformers import TrainerCallback

    marks: list[float] = []

    class Marks(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step == steps:
                marks.append(time.process_time())

    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
        trainer = trainer_of(steps, Path(name), Work(0.0))
        trainer.args.eval_strategy = "epoch"
        trainer.add_callback(Marks())
        train(trainer, Path(name))
        return time.process_time() - marks[0]


def compare_ends(rounds: int) -> list[float]:
    """Additional microseconds per evaluated example, including two result files and the end of the run."""
    more = []
    for _ in range(rounds + 1):
        one, other = (end_seconds(train, 20) for train in (plain, driven))
        more.append((other - one) / EVALUATED * 1e6)
    return more[1:]


def measure(rounds: int = 15) -> Result:
    """Measure each case."""
    rows, missed = [], []
    for case in CASES:
        arguments = {**case._asdict(), "rounds": case.rounds * rounds}
        more = in_kernel("benchmarks.overhead.compare", **arguments)
        middle = statistics.median(more)
        share = middle / 1000 / case.milliseconds if case.milliseconds else 0.0
        percent = f"{share * 100:.2f} %"
        is_limited = case.milliseconds >= AT_MILLISECONDS
        if is_limited and share > MAX_SHARE:
            missed.append(f"{percent} of a step: {case.name}")
        limit = f"{MAX_SHARE * 100:.0f} %" if is_limited else ""
        rows.append([case.name, shown(more, digits=0), percent if share else "", limit])
    ends = in_kernel("benchmarks.overhead.compare_ends", rounds=rounds)
    rows.append([f"each of {EVALUATED:,} evaluated examples, and the end of the run", shown(ends, digits=0), "", ""])
    counts = ", ".join(f"{case.rounds * rounds} of {case.steps}" for case in CASES)
    how = (
        "Processor time of all threads of the kernel, driven minus plain, per step: median (middle half) of pairs of "
        f"turns of {TURN} steps, which two trainings take one after the other. Trainings and their steps, in the order "
        f"of the table: {counts}."
    )
    return Result("What a step costs more", how, ["step", "microseconds more", "share", "limit"], rows, missed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    print(machine(), measure(parser.parse_args().rounds).text(), sep="\n\n")

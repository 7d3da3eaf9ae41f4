"""End to end, from running the cell to the table of predictions: plain `Trainer` against `%%finetune`.

    python -m benchmarks.end_to_end mrpc
    python -m benchmarks.end_to_end sst2 --seeds 3

Two notebooks run alternately, each in a fresh kernel with empty caches: one with the usual code for a `Trainer` with
its defaults and the notebook progress bar, one with the `%%finetune` cell for the same weights, data, epochs, batch
size and seed. Both are timed in the same way, around the methods of `Trainer`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.phases import PHASES
from benchmarks.pictures import draw_phases
from benchmarks.results import DATA, ROOT, Result, machine, shown
from tests.kernel.conftest import Kernel

FIRST_SEED = 42
MIN_SPEEDUP = 1.8


@dataclass(frozen=True)
class Job:
    """A training to measure.

    Args:
        title: Its title.
        folder: Folder of its files, relative to that of all data sets.
        text: Input columns.
        epochs: Number of epochs.
    """

    title: str
    folder: str
    text: list[str]
    epochs: int


JOBS = {
    "mrpc": Job("MRPC", "mrpc", ["sentence1", "sentence2"], 3),
    "sst2": Job("SST-2", "sst2", ["sentence"], 2),
}

BEGIN = """
import sys
sys.path.insert(0, {root!r})
from benchmarks.phases import Phases
phases = Phases()
"""

PLAIN = """
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments, set_seed

set_seed({seed})
data = load_dataset("csv", data_files={{name: f"{data}/{{name}}.csv" for name in ("train", "validation")}})
tokenizer = AutoTokenizer.from_pretrained("{model}")
data = data.map(lambda rows: tokenizer(*(rows[name] for name in {text}), truncation=True), batched=True)
model = AutoModelForSequenceClassification.from_pretrained("{model}", num_labels=2)


def compute_metrics(evaluated):
    return {{"accuracy": float((evaluated.predictions.argmax(-1) == evaluated.label_ids).mean())}}


trainer = Trainer(
    model,
    TrainingArguments("out", num_train_epochs={epochs}, eval_strategy="epoch", seed={seed}),
    train_dataset=data["train"],
    eval_dataset=data["validation"],
    processing_class=tokenizer,
    compute_metrics=compute_metrics,
)
trainer.train()
output = trainer.predict(data["validation"])
predictions = data["validation"].to_pandas().assign(prediction=output.predictions.argmax(-1))
"""

CELL = """%%finetune --out run
model = "demo"
train = "{data}/train.csv"
validation = "{data}/validation.csv"
text = {text}
num_train_epochs = {epochs}
seed = {seed}
"""

CODES = {"plain Trainer": PLAIN, "%%finetune": CELL}
FRAMES = {"plain Trainer": "predictions", "%%finetune": "run.predictions"}


def train(way: str, job: Job, data: str, seed: int) -> dict[str, Any]:
    """Train once in a fresh kernel.

    Args:
        way: One of `CODES`.
        job: The training.
        data: Folder of all data sets.
        seed: For the head, the order of the examples and dropout.

    Returns:
        Seconds of each phase, and "whole", their sum; "accuracy" of the predictions; "memory", the kernel's peak in
        megabytes.
    """
    from nbtrain.demo import model_path

    values = {"data": f"{data}/{job.folder}", "text": json.dumps(job.text), "epochs": job.epochs, "seed": seed}
    cell = CODES[way].format(model=model_path(), **values)
    with tempfile.TemporaryDirectory() as folder, _caches(folder):
        kernel = Kernel(Path(folder), threads=None)
        try:
            began = time.perf_counter()
            first = BEGIN.format(root=str(ROOT))
            _execute(kernel, f"%load_ext nbtrain\n{first}" if way == "%%finetune" else first)
            _execute(kernel, cell)
            whole = time.perf_counter() - began
            if way == "plain Trainer":
                callbacks = kernel.value("[type(one).__name__ for one in trainer.callback_handler.callbacks]")
                assert "NotebookProgressCallback" in callbacks, callbacks
            frame = FRAMES[way]
            return {
                **kernel.value(f"phases.end({whole})"),
                "whole": whole,
                "accuracy": kernel.value(f"float(({frame}['prediction'] == {frame}['label']).mean())"),
                "memory": kernel.value("__import__('resource').getrusage(0).ru_maxrss / 1024"),
            }
        finally:
            kernel.close()


def measure(name: str, data: str, seeds: int = 5) -> Result:
    """Train alternately in both ways, with each of `seeds` seeds."""
    job = JOBS[name]
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in CODES}
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        for way in CODES if seed % 2 == 0 else reversed(CODES):
            runs[way].append(train(way, job, data, seed))
            print(f"{name}, {way}, seed {seed}: {json.dumps(runs[way][-1])}", file=sys.stderr, flush=True)
    return result_of(job, runs)


def result_of(job: Job, runs: dict[str, list[dict[str, Any]]]) -> Result:
    """Table and chart of the results of `train`."""
    plain, ours = runs.values()
    times = [one["whole"] / other["whole"] for one, other in zip(plain, ours, strict=True)]
    rows = [
        [phase, _seconds(plain, phase), _seconds(ours, phase), _ratio(plain, ours, phase)]
        for phase in (*PHASES, "whole")
    ]
    rows[-1] = [f"**{cell}**" for cell in ["the whole job, seconds", *rows[-1][1:3], shown(times, digits=2)]]
    rows.append(
        ["memory of the kernel at most, MB", *(shown(_all(each, "memory"), digits=0) for each in runs.values()), ""]
    )
    accuracies = [_all(each, "accuracy") for each in runs.values()]
    rows.append(["accuracy, mean over the seeds", *(f"{statistics.mean(each):.4f}" for each in accuracies), ""])
    rows.append(["accuracy of each seed", *(" ".join(f"{one:.3f}" for one in each) for each in accuracies), ""])
    picture = f"end_to_end_{job.folder}.png"
    draw_phases(
        Path(__file__).with_name(picture),
        f"{job.title}, {job.epochs} epochs: seconds of the whole job",
        {way: {phase: statistics.median(_all(each, phase)) for phase in PHASES} for way, each in runs.items()},
    )
    missed = []
    if job.folder == "mrpc" and statistics.median(times) < MIN_SPEEDUP:
        missed.append(f"{statistics.median(times):.2f} times, of {MIN_SPEEDUP} that are promised")
    if statistics.mean(accuracies[1]) < min(accuracies[0]):
        missed.append("accuracy is below that of every plain run")
    how = (
        f"Embedded weights, {job.epochs} epochs, batches of 8, learning rate 5e-5, seeds {FIRST_SEED} to "
        f"{FIRST_SEED + len(plain) - 1}. Each training in a fresh kernel, in turns; median (middle half) of seconds on "
        "the clock; the last column divides what stands before it, for the whole job seed by seed."
    )
    columns = ["", *CODES, "times"]
    return Result(f"The whole job: {job.title}", how, columns, rows, missed, picture)


def _seconds(runs: list[dict[str, Any]], phase: str) -> str:
    return shown(_all(runs, phase))


def _ratio(plain: list[dict[str, Any]], ours: list[dict[str, Any]], phase: str) -> str:
    one, other = (statistics.median(_all(runs, phase)) for runs in (plain, ours))
    return f"{one / other:.1f}" if min(one, other) >= 0.05 else ""


def _all(runs: list[dict[str, Any]], name: str) -> list[float]:
    return [run[name] for run in runs]


def _execute(kernel: Kernel, code: str) -> None:
    if kernel.execute(code, timeout=3600) != "ok":
        raise RuntimeError("\n".join(kernel.error()) or kernel.text())


def _caches(folder: str) -> Any:
    """Context manager: cache data sets in `folder`, and download nothing."""
    return mock.patch.dict(os.environ, HF_DATASETS_CACHE=f"{folder}/cache", HF_HUB_OFFLINE="1")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=[*JOBS])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", default=DATA, help="folder with mrpc/train.csv and sst2/train.csv")
    given = parser.parse_args()
    print(machine(), measure(given.job, given.data, given.seeds).text(), sep="\n\n")

"""A million predictions: memory, and time without that of the model.

    python -m benchmarks.predictions
    python -m benchmarks.predictions --rows 100000

A fresh process predicts with a trivial model of two classes, so this measures the code around the model: the loop, the
concatenation of outputs, the table of results.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks.results import Result, machine

CLASSES = 2


def trivial_trainer(folder: str) -> Any:
    """A Trainer with an embedding of two numbers as its model."""
    import torch
    from transformers import PreTrainedConfig, PreTrainedModel, Trainer, TrainingArguments

    class Trivial(PreTrainedModel):  # type: ignore[misc]
        config_class = PreTrainedConfig

        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.table = torch.nn.Embedding(1000, CLASSES)

        def forward(self, input_ids: Any = None, labels: Any = None) -> Any:
            logits = self.table(input_ids[:, 0])
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    torch.set_num_threads(1)
    options = {"per_device_eval_batch_size": 256, "use_cpu": True, "report_to": "none", "disable_tqdm": True}
    return Trainer(Trivial(PreTrainedConfig(num_labels=CLASSES)), TrainingArguments(folder, **options))


def predict(rows: int) -> dict[str, float]:
    """Predict `rows` rows: seconds, peak growth of the process in megabytes, and size of the results."""
    import numpy as np
    import pyarrow as pa
    from datasets import Dataset

    from nbtrain.events import TaskSpec
    from nbtrain.training.predict import frame_of, outputs_of

    tokens = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(rows * 8) % 1000).cast(pa.int32()), 8)
    labels = pa.array(np.arange(rows) % CLASSES)
    encoded = Dataset(pa.table({"input_ids": tokens, "labels": labels}), fingerprint="encoded")
    given = Dataset(pa.table({"text": pa.array([f"text {at}" for at in range(rows)])}), fingerprint="given")
    spec = TaskSpec("text_classification", ("text",), ("label",), ("no", "yes"), {"max_length": 8})
    with tempfile.TemporaryDirectory() as folder:
        trainer = trivial_trainer(folder)
        few = range(1000)
        frame_of(given.select(few), outputs_of(trainer, encoded.select(few), spec), spec)
        before, began = _peak(), time.perf_counter()
        outputs = outputs_of(trainer, encoded, spec)
        gathered, asked = _peak(), time.perf_counter()
        frame = frame_of(given, outputs, spec)
    return {
        "outputs": outputs.logits.nbytes / 2**20,
        "gathering": gathered - before,
        "table": float(frame.memory_usage(deep=True).sum()) / 2**20,
        "making": _peak() - gathered,
        "asking": asked - began,
        "seconds": time.perf_counter() - asked,
    }


def measure(rows: int = 1_000_000) -> Result:
    """Predict in a fresh process."""
    code = f"import json; from benchmarks.predictions import predict; print(json.dumps(predict({rows})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    cells = [
        ["logits of all rows, MB", f"{found['outputs']:.1f}"],
        ["the process grew while they were gathered, MB", f"{found['gathering']:.0f}"],
        ["the table of results, MB", f"{found['table']:.0f}"],
        ["the process grew while it was made, MB", f"{found['making']:.0f}"],
        ["asking the model, seconds", f"{found['asking']:.1f}"],
        ["making the table, seconds", f"{found['seconds']:.1f}"],
    ]
    how = f"{rows:,} rows, {CLASSES} classes, in a fresh process; growth of its highest resident memory."
    return Result(f"{rows:,} predictions", how, ["", "measured"], cells)


def _peak() -> float:
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    print(machine(), measure(parser.parse_args().rows).text(), sep="\n\n")

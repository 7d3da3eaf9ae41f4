"""Records the runs in `tests/fixtures/runs` on which the rules of the diagnosis are tested: healthy ones, and one for
each of several mistakes. Real weights (`model = "demo"`), parts of MRPC and SST-2, seeded.

    python -m scripts.diagnosed_runs [NAME ...]

It needs `$NBTRAIN_DATA` and a quarter of an hour of two cores. Only journals are kept, without what no rule reads.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "tests" / "fixtures" / "runs"
DATA = Path(os.environ.get("NBTRAIN_DATA", ROOT.parent / "shared" / "data"))

MRPC = {"text": ["sentence1", "sentence2"], "label": "label"}
SST2 = {"text": "sentence", "label": "label"}
COMMON: dict[str, Any] = {
    "model": "demo", "eval_strategy": "epoch", "save_strategy": "no", "use_cpu": True, "seed": 3, "max_length": 64,
    "per_device_train_batch_size": 16, "num_train_epochs": 3, "learning_rate": 1e-4,
}  # fmt: skip

QUICKSTART = {"dataset": "demo", "max_train_samples": 1600, "num_train_epochs": 2, "max_length": 512}

RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "healthy-sst2": ("sst2", {"max_train_samples": 1600, "num_train_epochs": 2}),
    "healthy-sst2-long": ("sst2", {"max_train_samples": 1600, "seed": 4, "per_device_train_batch_size": 32}),
    "healthy-demo": ("", QUICKSTART),
    "healthy-mrpc": ("mrpc", {"num_train_epochs": 2, "per_device_train_batch_size": 48, "learning_rate": 2e-4}),
    "rate-too-high": ("sst2", {"max_train_samples": 800, "num_train_epochs": 2, "learning_rate": 1e-2}),
    "rate-too-low": ("sst2", {"max_train_samples": 800, "num_train_epochs": 2, "learning_rate": 5e-7}),
    "overfitting": (
        "sst2", {"max_train_samples": 160, "num_train_epochs": 16, "learning_rate": 2e-4, "max_eval_samples": 400},
    ),
    "shuffled-labels": ("sst2", {"max_train_samples": 800, "num_train_epochs": 2, "shuffled": True}),
}  # fmt: skip
"""The data and the keys of each run."""

FIELDS = {"seconds": 2, "loss": 4, "grad_norm": 3, "learning_rate": 4, "epoch": 4}
"""Significant digits that are kept."""

LEFT_OUT = ("fingerprints", "example", "file", "memory", "seq", "time")

UNREAD = ("logged", "phase", "environment", "saved", "predicted", "epochended")


def main(names: list[str]) -> None:
    """Record the runs called `names`; all if there are none."""
    for name in names or RUNS:
        kind, keys = RUNS[name]
        with tempfile.TemporaryDirectory() as folder:
            lines = train(Path(folder), kind, dict(keys))
        file = TARGET / f"{name}.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size:,} bytes")


def train(folder: Path, kind: str, keys: dict[str, Any]) -> list[str]:
    """The lines of the journal of a run."""
    import pandas as pd

    import nbtrain
    from nbtrain.events import journal

    shuffled = keys.pop("shuffled", False)
    for split in ("train", "validation") if kind else ():
        rows = pd.read_csv(DATA / kind / f"{split}.csv")
        if shuffled and split == "train":
            rows["label"] = rows["label"].sample(frac=1, random_state=0).to_numpy()
        rows.to_csv(folder / f"{split}.csv", index=False)
    os.chdir(folder)
    columns = {"mrpc": MRPC, "sst2": SST2}.get(kind, {})
    files = {split: f"{split}.csv" for split in ("train", "validation")} if kind else {}
    run = nbtrain.finetune(**{**COMMON, **columns, **files, **keys}, output_dir="run", views=[])
    text = (run.directory / journal.FILE_NAME).read_text(encoding="utf-8")
    os.chdir(ROOT)
    records = (record for record in map(json.loads, text.splitlines()) if record.get("type") not in UNREAD)
    return [json.dumps(rounded(record), separators=(",", ":")) for record in records]


def rounded(record: dict[str, Any]) -> dict[str, Any]:
    """A record with the digits that matter, and without paths."""
    if "directory" in record:
        record["directory"] = "run"
    kept = {name: value for name, value in record.items() if name not in LEFT_OUT}
    return {
        name: float(f"{value:.{FIELDS[name]}g}") if name in FIELDS and isinstance(value, float) else value
        for name, value in kept.items()
    }


if __name__ == "__main__":
    main(sys.argv[1:])

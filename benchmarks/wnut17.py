"""Token classification on WNUT-17: entity F1 and seconds of `nbtrain.finetune` and of a plain Trainer.

    python -m benchmarks.wnut17
    python -m benchmarks.wnut17 --seeds 1 --rows 1000

The plain script does what `run_ner.py` of transformers does: words are tokenized with `is_split_into_words`, the label
of a word is that of its first token, and `seqeval` computes the metrics. Both train in turns, each in a fresh process,
on the same rows and with the same hyper-parameters; the seeds differ between rounds.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.results import DATA, ROOT, Result, machine, shown

EPOCHS = 3
BATCH = 8
LEARNING_RATE = 2e-4


def plain(data: str, folder: str, seed: int, count: int | None) -> float:
    """F1 on the validation split after a plain training."""
    from datasets import load_dataset
    from seqeval.metrics import f1_score
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    from nbtrain.demo import model_path

    files = {split: f"{data}/{split}.jsonl" for split in ("train", "validation")}
    rows = load_dataset("json", data_files=files)
    labels = sorted({tag for tags in rows["train"]["ner_tags"] for tag in tags})
    if count is not None:
        rows["train"] = rows["train"].select(range(count))
    tokenizer = AutoTokenizer.from_pretrained(model_path())

    def encode(batch: Any) -> Any:
        encoded = tokenizer(batch["tokens"], is_split_into_words=True, truncation=True)
        aligned = []
        for row, tags in enumerate(batch["ner_tags"]):
            before, ids = None, []
            for word in encoded.word_ids(row):
                ids.append(-100 if word is None or word == before else labels.index(tags[word]))
                before = word
            aligned.append(ids)
        return {**encoded, "labels": aligned}

    def compute_metrics(prediction: Any) -> dict[str, float]:
        best, known = prediction.predictions.argmax(axis=-1), prediction.label_ids
        is_word = known != -100
        true, found = ([[labels[at] for at in row] for row in map(_masked, ids, is_word)] for ids in (known, best))
        return {"f1": f1_score(true, found)}

    set_seed(seed)
    encoded = rows.map(encode, batched=True, remove_columns=rows["train"].column_names)
    model = AutoModelForTokenClassification.from_pretrained(model_path(), num_labels=len(labels))
    arguments = TrainingArguments(
        folder,
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        eval_strategy="epoch",
        save_strategy="no",
        seed=seed,
        report_to="none",
        disable_tqdm=True,
    )
    trainer = Trainer(
        model,
        arguments,
        train_dataset=encoded["train"],
        eval_dataset=encoded["validation"],
        processing_class=tokenizer,
        data_collator=DataCollatorForTokenClassification(tokenizer),
        compute_metrics=compute_metrics,
    )
    trainer.train()
    return float([entry["eval_f1"] for entry in trainer.state.log_history if "eval_f1" in entry][-1])


def _masked(row: Any, mask: Any) -> Any:
    return row[mask]


def driven(data: str, folder: str, seed: int, count: int | None) -> float:
    """F1 on the validation split after `nbtrain.finetune`."""
    from datasets import load_dataset

    import nbtrain

    rows = load_dataset("json", data_files=f"{data}/train.jsonl", split="train")
    run = nbtrain.finetune(
        model="demo",
        train=rows if count is None else rows.select(range(count)),
        validation=f"{data}/validation.jsonl",
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        save_strategy="no",
        seed=seed,
        output_dir=f"{folder}/run",
        views=[],
    )
    return float(run.metrics["f1"].iloc[-1])


def measure(data: str, seeds: int = 3, count: int | None = None) -> Result:
    """Train in both ways with each seed."""
    runs: dict[str, list[dict[str, float]]] = {"plain": [], "driven": []}
    for seed in range(seeds):
        for way in list(runs) if seed % 2 == 0 else list(reversed(runs)):
            runs[way].append(_in_process(way, data, seed, count))
    scores = {way: [run["f1"] for run in found] for way, found in runs.items()}
    seconds = {way: [run["seconds"] for run in found] for way, found in runs.items()}
    ratios = [one / other for one, other in zip(seconds["plain"], seconds["driven"], strict=True)]
    names = {"plain": "plain Trainer, as `run_ner.py`", "driven": "nbtrain"}
    rows = [[names[way], _spread(scores[way]), shown(seconds[way], digits=0)] for way in runs]
    rows.append(["plain / nbtrain", "", shown(ratios, digits=2)])
    low, high = min(scores["plain"]), max(scores["plain"])
    middle, width = statistics.median(scores["driven"]), high - low
    missed = () if low - width <= middle <= high + width else ("the F1 of nbtrain is outside of the spread of seeds",)
    how = (
        f"{'all' if count is None else count} training rows, {EPOCHS} epochs, batches of {BATCH}, learning rate "
        f"{LEARNING_RATE:g}, {seeds} seeds, demo weights; F1 of "
        "whole entities on the validation split (seqeval): median, with the lowest and the highest. Seconds with "
        "start of the process, tokenization and evaluations."
    )
    return Result("WNUT-17, token classification", how, ["", "entity F1", "seconds"], rows, missed)


def _in_process(way: str, data: str, seed: int, count: int | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        code = f"from benchmarks import wnut17; print('F1', wnut17.{way}({data!r}, {folder!r}, {seed}, {count}))"
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        print(way, seed, done.stdout.split()[-1], file=sys.stderr, flush=True)
        return {"f1": float(done.stdout.rpartition("F1")[2]), "seconds": time.perf_counter() - began}


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, help="train on so many rows; all if omitted")
    parser.add_argument("--data", type=Path, default=Path(DATA))
    given = parser.parse_args()
    found = measure(str(given.data / "wnut17"), given.seeds, given.rows)
    print(machine(), found.text(), sep="\n\n")

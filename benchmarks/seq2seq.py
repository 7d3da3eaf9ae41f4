"""Sequence to sequence on dates: exact match and seconds of `nbtrain.finetune` and of a plain Seq2SeqTrainer.

    python -m benchmarks.seq2seq
    python -m benchmarks.seq2seq --seeds 1

The rows and the model are those of `scripts.demo_data.seq2seq`: "the 3rd of May 2021" becomes "2021-05-03", by a T5
with two layers and random weights. The plain script does what `run_summarization.py` of transformers does. Both train
in turns, each in a fresh process, on the same rows, from the same weights, with the same hyper-parameters; the seeds
differ between rounds.
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

from benchmarks.results import ROOT, Result, machine, shown
from scripts.demo_data.seq2seq import baselines, make_model, rows

TRAIN, VALIDATION = 4000, 400
EPOCHS = 8
BATCH = 32
LEARNING_RATE = 3e-3
LENGTH = 16


def _rows() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    train = rows(TRAIN)
    return train, rows(VALIDATION, 1, train)


def plain(folder: str, seed: int) -> float:
    """Exact match on the validation rows after a plain training."""
    import numpy as np
    from datasets import Dataset
    from transformers import (
        AutoModelForSeq2SeqLM,
        AutoTokenizer,
        DataCollatorForSeq2Seq,
        Seq2SeqTrainer,
        Seq2SeqTrainingArguments,
        set_seed,
    )

    source = make_model(Path(folder, "start"), seed=seed)
    tokenizer = AutoTokenizer.from_pretrained(source)

    def encode(batch: Any) -> Any:
        return {**tokenizer(batch["source"]), "labels": tokenizer(text_target=batch["target"])["input_ids"]}

    def compute_metrics(prediction: Any) -> dict[str, float]:
        ids = [np.where(one < 0, tokenizer.pad_token_id, one) for one in (prediction.predictions, prediction.label_ids)]
        written, targets = (tokenizer.batch_decode(one, skip_special_tokens=True) for one in ids)
        return {"exact_match": float(np.mean([one == other for one, other in zip(written, targets, strict=True)]))}

    set_seed(seed)
    data = [
        Dataset.from_list([{"source": text, "target": target} for text, target in part]).map(
            encode, batched=True, remove_columns=["source", "target"]
        )
        for part in _rows()
    ]
    model = AutoModelForSeq2SeqLM.from_pretrained(source)
    arguments = Seq2SeqTrainingArguments(
        folder,
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        per_device_eval_batch_size=100,
        learning_rate=LEARNING_RATE,
        predict_with_generate=True,
        generation_max_length=LENGTH,
        eval_strategy="epoch",
        save_strategy="no",
        seed=seed,
        report_to="none",
        disable_tqdm=True,
    )
    trainer = Seq2SeqTrainer(
        model,
        arguments,
        train_dataset=data[0],
        eval_dataset=data[1],
        processing_class=tokenizer,
        data_collator=DataCollatorForSeq2Seq(tokenizer, model=model),
        compute_metrics=compute_metrics,
    )
    trainer.train()
    return float([entry["eval_exact_match"] for entry in trainer.state.log_history if "eval_exact_match" in entry][-1])


def driven(folder: str, seed: int) -> float:
    """Exact match on the validation rows after `nbtrain.finetune`."""
    import pandas as pd

    import nbtrain

    train, validation = (pd.DataFrame(part, columns=["source", "target"]) for part in _rows())
    run = nbtrain.finetune(
        model=str(make_model(Path(folder, "start"), seed=seed)),
        train=train,
        validation=validation,
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        per_device_eval_batch_size=100,
        learning_rate=LEARNING_RATE,
        generation_max_length=LENGTH,
        save_strategy="no",
        seed=seed,
        output_dir=f"{folder}/run",
        views=[],
    )
    return float(run.metrics["exact_match"].iloc[-1])


def measure(seeds: int = 3) -> Result:
    """Train in both ways with each seed."""
    runs: dict[str, list[dict[str, float]]] = {"plain": [], "driven": []}
    for seed in range(seeds):
        for way in list(runs) if seed % 2 == 0 else list(reversed(runs)):
            runs[way].append(_in_process(way, seed))
    scores = {way: [run["score"] for run in found] for way, found in runs.items()}
    seconds = {way: [run["seconds"] for run in found] for way, found in runs.items()}
    ratios = [one / other for one, other in zip(seconds["plain"], seconds["driven"], strict=True)]
    names = {"plain": "plain Seq2SeqTrainer, as `run_summarization.py`", "driven": "nbtrain"}
    table = [[f"baseline: {name}", f"{score:.3f}", ""] for name, score in baselines(*_rows()).items()]
    table += [[names[way], _spread(scores[way]), shown(seconds[way], digits=0)] for way in runs]
    table.append(["plain / nbtrain", "", shown(ratios, digits=2)])
    missed = () if min(scores["driven"]) > 0.9 else ("an exact match of nbtrain is not above 0.9",)
    how = (
        f"{TRAIN:,} rows, {EPOCHS} epochs, batches of {BATCH}, learning rate {LEARNING_RATE:g}, {seeds} seeds, a T5 of "
        "two layers with random weights; fraction of the validation rows whose date is written exactly: median, with "
        "the lowest and the highest. Seconds with start of the process, tokenization and evaluations."
    )
    return Result("Dates, sequence to sequence", how, ["", "exact match", "seconds"], table, missed)


def _in_process(way: str, seed: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        code = f"from benchmarks import seq2seq; print('SCORE', seq2seq.{way}({folder!r}, {seed}))"
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return {"score": float(done.stdout.rpartition("SCORE")[2]), "seconds": time.perf_counter() - began}


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    found = measure(parser.parse_args().seeds)
    print(machine(), found.text(), sep="\n\n")

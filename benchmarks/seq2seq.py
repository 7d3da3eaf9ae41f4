"""Sequence to sequence on dates: exact match and seconds of `nbtrain.finetune` and of a plain Seq2SeqTrainer.

    python -m benchmarks.seq2seq
    python -m benchmarks.seq2seq --seeds 1

The rows and the model are those of `scripts.demo_data.seq2seq`: "the 3rd of May 2021" becomes "2021-05-03", by a T5
with two layers and random weights. The plain script does what `run_summarization.py` of transformers does. Both train
in turns, each in a fresh process, on the same rows, from the same weights, with the same hyper-parameters; the seeds
differ between rounds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.both_ways import in_turns, options, ratios, report, spread
from benchmarks.results import Result, shown
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
    runs = in_turns("seq2seq", seeds)
    scores = {way: [run.value for run in found] for way, found in runs.items()}
    names = {"plain": "plain Seq2SeqTrainer, as `run_summarization.py`", "driven": "nbtrain"}
    table = [[f"baseline: {name}", f"{score:.3f}", ""] for name, score in baselines(*_rows()).items()]
    table += [
        [names[way], spread(scores[way]), shown([run.seconds for run in found], digits=0)]
        for way, found in runs.items()
    ]
    table.append(["plain / nbtrain", "", shown(ratios(runs), digits=2)])
    missed = () if min(scores["driven"]) > 0.9 else ("an exact match of nbtrain is not above 0.9",)
    how = (
        f"{TRAIN:,} rows, {EPOCHS} epochs, batches of {BATCH}, learning rate {LEARNING_RATE:g}, {seeds} seeds, a T5 of "
        "two layers with random weights; fraction of the validation rows whose date is written exactly: median, with "
        "the lowest and the highest. Seconds with start of the process, tokenization and evaluations."
    )
    return Result("Dates, sequence to sequence", how, ["", "exact match", "seconds"], table, missed)


if __name__ == "__main__":
    report(measure(options(__doc__, seeds=3).seeds))

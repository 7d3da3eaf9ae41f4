"""Token classification on WNUT-17: entity F1 and seconds of `nbtrain.finetune` and of a plain Trainer.

    python -m benchmarks.wnut17
    python -m benchmarks.wnut17 --seeds 1 --rows 1000

The plain script does what `run_ner.py` of transformers does: words are tokenized with `is_split_into_words`, the label
of a word is that of its first token, and `seqeval` computes the metrics. Both train in turns, each in a fresh process,
on the same rows and with the same hyper-parameters; the seeds differ between rounds.
"""

from __future__ import annotations

from typing import Any

from benchmarks.both_ways import in_turns, is_near, options, ratios, report, spread
from benchmarks.results import Result, shown

EPOCHS = 3
BATCH = 8
LEARNING_RATE = 2e-4


def plain(folder: str, seed: int, data: str, count: int | None) -> float:
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


def driven(folder: str, seed: int, data: str, count: int | None) -> float:
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
    runs = in_turns("wnut17", seeds, data, count)
    scores = {way: [run.value for run in found] for way, found in runs.items()}
    names = {"plain": "plain Trainer, as `run_ner.py`", "driven": "nbtrain"}
    rows = [
        [names[way], spread(scores[way]), shown([run.seconds for run in found], digits=0)]
        for way, found in runs.items()
    ]
    rows.append(["plain / nbtrain", "", shown(ratios(runs), digits=2)])
    is_alike = is_near(scores["plain"], scores["driven"])
    missed = () if is_alike else ("the F1 of nbtrain is outside of the spread of seeds",)
    how = (
        f"{'all' if count is None else count} training rows, {EPOCHS} epochs, batches of {BATCH}, learning rate "
        f"{LEARNING_RATE:g}, {seeds} seeds, demo weights; F1 of "
        "whole entities on the validation split (seqeval): median, with the lowest and the highest. Seconds with "
        "start of the process, tokenization and evaluations."
    )
    return Result("WNUT-17, token classification", how, ["", "entity F1", "seconds"], rows, missed)


if __name__ == "__main__":
    given = options(__doc__, seeds=3, takes_rows=True, takes_data=True)
    report(measure(str(given.data / "wnut17"), given.seeds, given.rows))

"""Question answering on generated reports: F1, exact match and seconds of `nbtrain.finetune` and of a plain Trainer.

    python -m benchmarks.question_answering
    python -m benchmarks.question_answering --seeds 1 --rows 200

The plain script does what `run_qa.py` of transformers does: contexts are tokenized in windows, the answer of a row is
the best of the 20 best starts and ends of its windows. The data are those of `scripts/demo_data/question_answering.py`.
Both train in turns, each in a fresh process, on the same rows and with the same hyper-parameters; the seeds differ
between rounds. The metrics are computed from the answers of both in the same way.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.both_ways import in_turns, is_near, options, ratios, report, spread
from benchmarks.results import Result, shown
from scripts.demo_data import question_answering as demo

EPOCHS = 4
BATCH = 8
LEARNING_RATE = 3e-4
LENGTH, STRIDE = 96, 32
BEST, LONGEST = 20, 30


def plain(folder: str, seed: int, data: str) -> list[str]:
    """The answers on the validation split after a plain training."""
    from datasets import load_dataset
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer, Trainer, TrainingArguments, set_seed

    from nbtrain.demo import model_path

    rows = load_dataset("json", data_files={split: f"{data}/{split}.jsonl" for split in demo.SIZES})
    tokenizer = AutoTokenizer.from_pretrained(model_path())

    def tokens(batch: Any) -> Any:
        return tokenizer(
            batch["question"],
            batch["context"],
            truncation="only_second",
            max_length=LENGTH,
            stride=STRIDE,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )

    def encode(batch: Any) -> Any:
        encoded = tokens(batch)
        starts, ends = [], []
        for at, row in enumerate(encoded.pop("overflow_to_sample_mapping")):
            places, parts = encoded["offset_mapping"][at], encoded.sequence_ids(at)
            answers = batch["answers"][row]
            first, last = parts.index(1), len(parts) - 1 - parts[::-1].index(1)
            start = end = 0
            if answers["text"]:
                begin = answers["answer_start"][0]
                until = begin + len(answers["text"][0])
                if places[first][0] <= begin and places[last][1] >= until:
                    start = max(token for token in range(first, last + 1) if places[token][0] <= begin)
                    end = min(token for token in range(first, last + 1) if places[token][1] >= until)
            starts.append(start)
            ends.append(end)
        encoded.pop("offset_mapping")
        return {**encoded, "start_positions": starts, "end_positions": ends}

    set_seed(seed)
    encoded = rows.map(encode, batched=True, remove_columns=rows["train"].column_names)
    model = AutoModelForQuestionAnswering.from_pretrained(model_path())
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
    data_of = {"train_dataset": encoded["train"], "eval_dataset": encoded["validation"]}
    trainer = Trainer(model, arguments, processing_class=tokenizer, **data_of)
    trainer.train()
    batch = rows["validation"][:]
    return _answers(trainer.predict(encoded["validation"]).predictions, tokens(batch), batch["context"])


def _answers(logits: Any, windows: Any, contexts: list[str]) -> list[str]:
    """As `postprocess_qa_predictions` of `run_qa.py`, for questions that may have no answer."""
    found: list[list[tuple[float, str]]] = [[] for _ in contexts]
    nothing = [float("inf")] * len(contexts)
    for at, row in enumerate(windows["overflow_to_sample_mapping"]):
        starts, ends = (one[at] for one in logits[:2])
        nothing[row] = min(nothing[row], float(starts[0] + ends[0]))
        places, parts = windows["offset_mapping"][at], windows.sequence_ids(at)
        for start in starts.argsort()[::-1][:BEST]:
            for end in ends.argsort()[::-1][:BEST]:
                inside = max(start, end) < len(parts) and parts[start] == parts[end] == 1
                if inside and start <= end < start + LONGEST:
                    text = contexts[row][places[start][0] : places[end][1]]
                    found[row].append((float(starts[start] + ends[end]), text))
    return [max([*spans, (none, "")])[1] for spans, none in zip(found, nothing, strict=True)]


def driven(folder: str, seed: int, data: str) -> list[str]:
    """The answers on the validation split after `nbtrain.finetune`."""
    import nbtrain

    run = nbtrain.finetune(
        model="demo",
        dataset=data,
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        max_length=LENGTH,
        doc_stride=STRIDE,
        save_strategy="no",
        seed=seed,
        output_dir=f"{folder}/run",
        views=[],
    )
    return list(run.predictions["prediction"])


def measure(seeds: int = 2, count: int | None = None) -> Result:
    """Train in both ways with each seed, on `count` rows."""
    from nbtrain.tasks.answer_spans import exact_match, words_f1

    splits = demo.generate()
    train, rows = splits["train"][:count], splits["validation"]
    known = [row["answers"]["text"] for row in rows]

    def scores(answers: list[str]) -> tuple[float, float]:
        pairs = list(zip(answers, known, strict=True))
        return (
            statistics.fmean(words_f1(*pair) for pair in pairs),
            statistics.fmean(exact_match(*pair) for pair in pairs),
        )

    with tempfile.TemporaryDirectory() as data:
        demo.write({**splits, "train": train}, Path(data))
        runs = in_turns("question_answering", seeds, data)
    found = {way: [scores(run.value) for run in each] for way, each in runs.items()}
    names = {"plain": "plain Trainer, as `run_qa.py`", "driven": "nbtrain"}
    table = [
        [
            names[way],
            *(spread([pair[at] for pair in found[way]]) for at in (0, 1)),
            shown([run.seconds for run in each], digits=0),
        ]
        for way, each in runs.items()
    ]
    baseline = scores([demo.last_capitalised(row["context"]) for row in rows])
    table.insert(0, ["always the last word with a capital", *(f"{score:.3f}" for score in baseline), ""])
    table.append(["plain / nbtrain", "", "", shown(ratios(runs), digits=2)])
    f1 = {way: [pair[0] for pair in each] for way, each in found.items()}
    is_alike = is_near(f1["plain"], f1["driven"], margin=0.02)
    missed = () if is_alike else ("the F1 of nbtrain is outside of the spread of seeds",)
    how = (
        f"{len(train)} generated questions, {EPOCHS} epochs, batches of {BATCH}, learning rate "
        f"{LEARNING_RATE:g}, windows of {LENGTH} tokens, {seeds} seeds, demo weights; F1 and exact match (SQuAD) on "
        f"{len(rows)} others: median, with the lowest and the highest. Seconds with start of the "
        "process, tokenization and evaluations."
    )
    return Result("Generated reports, question answering", how, ["", "F1", "exact match", "seconds"], table, missed)


if __name__ == "__main__":
    given = options(__doc__, seeds=2, takes_rows=True)
    report(measure(given.seeds, given.rows))

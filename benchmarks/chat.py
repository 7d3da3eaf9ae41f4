"""A chat model with LoRA on 200 generated pairs: loss and answers before and after, of nbtrain and of a plain Trainer.

    python -m benchmarks.chat
    python -m benchmarks.chat --seeds 1

The plain script does the same work: chat template, labels for the answers only, LoRA by PEFT, a Trainer. Both train in
turns, each in a fresh process. The validation pairs are 40 others; an answer is right if it is the reference, word for
word.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from benchmarks.both_ways import in_turns, options, report
from benchmarks.results import Result, shown
from scripts.demo_data import chat

PAIRS, HELD_OUT = 200, 40
EPOCHS, BATCH, LEARNING_RATE, RANK = 2, 8, 1e-3, 8


def data() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Training and validation pairs; no prompt is in both."""
    rows = chat.rows(PAIRS + HELD_OUT)
    return rows[:PAIRS], rows[PAIRS:]


def plain(folder: str, seed: int) -> dict[str, Any]:
    """Loss and answers of a plain training."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from transformers import (
        AutoModelForCausalLM,
        AutoTokenizer,
        DataCollatorForSeq2Seq,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    from nbtrain.demo import language_model_path

    tokenizer = AutoTokenizer.from_pretrained(language_model_path())

    def written(row: dict[str, str], *, whole: bool) -> str:
        messages = [{"role": "user", "content": row["prompt"]}]
        messages += [{"role": "assistant", "content": row["completion"]}] if whole else []
        return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=not whole))

    def encode(row: dict[str, str]) -> dict[str, Any]:
        ids = tokenizer(written(row, whole=True), add_special_tokens=False)["input_ids"]
        start = len(tokenizer(written(row, whole=False), add_special_tokens=False)["input_ids"])
        return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": [-100] * start + ids[start:]}

    train, validation = data()
    sets = [
        Dataset.from_list(rows).map(encode, remove_columns=["prompt", "completion"]) for rows in (train, validation)
    ]
    set_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(language_model_path())
    adapter = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(model, adapter)
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
    trainer = Trainer(model, arguments, train_dataset=sets[0], eval_dataset=sets[1], processing_class=tokenizer,
                      data_collator=DataCollatorForSeq2Seq(tokenizer))  # fmt: skip
    before = trainer.evaluate()["eval_loss"]
    began = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - began
    right = 0
    model.eval()
    for row in validation:
        inputs = tokenizer(written(row, whole=False), add_special_tokens=False, return_tensors="pt")
        with torch.no_grad():
            tokens = model.generate(**inputs, max_new_tokens=32, do_sample=False)
        answer = tokenizer.decode(tokens[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        right += answer.strip() == row["completion"]
    after = [entry["eval_loss"] for entry in trainer.state.log_history if "eval_loss" in entry][-1]
    return {"before": before, "after": after, "right": right / len(validation), "seconds": seconds}


def driven(folder: str, seed: int) -> dict[str, Any]:
    """Loss and answers of `nbtrain.finetune`."""
    import pandas as pd

    import nbtrain

    train, validation = (pd.DataFrame(rows) for rows in data())
    run = nbtrain.finetune(
        model="demo-lm",
        train=train,
        validation=validation,
        lora_r=RANK,
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        save_strategy="no",
        eval_on_start=True,
        max_new_tokens=32,
        seed=seed,
        output_dir=f"{folder}/run",
        views=[],
    )
    answers = run.predict(validation)
    seconds = float(run.history["seconds"].sum())
    right = float((answers["generated"] == answers["reference"]).mean())
    before, after = float(run.metrics["loss"].iloc[0]), float(run.metrics["loss"].iloc[-1])
    return {"before": before, "after": after, "right": right, "seconds": seconds}


def measure(seeds: int = 2) -> Result:
    """Train in both ways with each seed."""
    trainings = in_turns("chat", seeds)
    runs = {way: [training.value for training in found] for way, found in trainings.items()}
    names = {"plain": "plain Trainer with PEFT", "driven": "nbtrain"}
    rows = [
        [
            names[way],
            *(f"{statistics.median(run[key] for run in found):.3f}" for key in ("before", "after", "right")),
            shown([run["seconds"] for run in found], digits=0),
        ]
        for way, found in runs.items()
    ]
    slow = min(run["seconds"] for run in runs["driven"])
    missed = () if slow < 300 else ("it takes more than five minutes",)
    how = (
        f"SmolLM2-135M-Instruct (`demo-lm`), LoRA of rank {RANK}, {PAIRS} pairs, {EPOCHS} epochs, batches of {BATCH}, "
        f"learning rate {LEARNING_RATE:g}, {seeds} seeds; validation loss of the answers before and after, and the "
        f"fraction of {HELD_OUT} other prompts whose answer is the reference word for word. Seconds of training (for "
        "the plain Trainer with evaluations)."
    )
    columns = ["", "loss before", "loss after", "right answers", "seconds"]
    return Result("Chat with LoRA", how, columns, rows, missed)


if __name__ == "__main__":
    report(measure(options(__doc__, seeds=2).seeds))

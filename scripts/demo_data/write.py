"""Write the demo data of tasks into `nbtrain/demo/<task>/`: `python -m scripts.demo_data.write` writes the same bytes.

`dataset = "demo"` reads them if the configuration names the task. The pairs for text classification, which it reads
otherwise, are those of `scripts.demo_data.generate`. Images are made when they are needed, by `nbtrain.demo.shapes`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbtrain import demo
from scripts.demo_data import chat, multi_label, question_answering, regression, seq2seq, token_classification

Splits = dict[str, list[dict[str, Any]]]

CHAT_PAIRS, CHAT_HELD_OUT = 200, 40
TEXTS = {"train": 300, "validation": 60}


def _chat() -> Splits:
    rows = chat.rows(CHAT_PAIRS + CHAT_HELD_OUT)
    return {"train": rows[:CHAT_PAIRS], "validation": rows[CHAT_PAIRS:]}


def _token_classification() -> Splits:
    rows = token_classification.rows
    return {"train": list(rows(600)), "validation": list(rows(150, "validation"))}


def _question_answering() -> Splits:
    splits = question_answering.generate()
    return {"train": splits["train"][:400], "validation": splits["validation"][:100]}


def _seq2seq() -> Splits:
    train = seq2seq.rows(2000)
    made = {"train": train, "validation": seq2seq.rows(200, 1, train)}
    return {split: [{"source": text, "target": target} for text, target in rows] for split, rows in made.items()}


def _regression() -> Splits:
    return {"train": regression.rows(800), "validation": regression.rows(200, "validation")}


def _multi_label() -> Splits:
    return {"train": multi_label.rows(800), "validation": multi_label.rows(200, "validation")}


def _texts() -> Splits:
    """The contexts of the questions."""
    splits = question_answering.generate()
    return {split: [{"text": row["context"]} for row in splits[split][-size:]] for split, size in TEXTS.items()}


TASKS: dict[str, Callable[[], Splits]] = {
    "chat": _chat,
    "multi_label": _multi_label,
    "question_answering": _question_answering,
    "regression": _regression,
    "seq2seq": _seq2seq,
    "texts": _texts,
    "token_classification": _token_classification,
}
"""What generates the splits of each task, or of several that share them (see `nbtrain.demo.data.SHARED`)."""


def write(folder: Path) -> None:
    """Write the files of all tasks into folders of `folder`."""
    for task, generate in TASKS.items():
        (folder / task).mkdir(parents=True, exist_ok=True)
        for split, rows in generate().items():
            lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
            (folder / task / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    write(Path(demo.__file__).parent)

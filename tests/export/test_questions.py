"""Scripts of question answering give the weights and the metrics of their runs, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbtrain
from tests.export.conftest import check_same_weights, execute
from tests.tasks.test_question_answering import ANSWERS, frame, squad


@pytest.mark.kernel
@pytest.mark.parametrize("kind", ["file", pytest.param("texts", marks=pytest.mark.full)])
def test_the_script_gives_the_same_weights(train: Callable[..., nbtrain.Run], kind: str, tmp_path: Path) -> None:
    rows: Any = frame(answer=ANSWERS)
    if kind == "file":
        cells = [*squad()["answers"][:20], *[{"text": [], "answer_start": []}] * 10]
        rows = str(tmp_path / "rows.jsonl")
        pd.DataFrame(squad(answers=cells)).to_json(rows, orient="records", lines=True)
    run = train(train=rows, validation=rows, task="question_answering", num_train_epochs=2, max_length=14, doc_stride=2)
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    text = script.read_text()
    assert "DOC_STRIDE = 2" in text and "preprocess_logits_for_metrics=stacked_logits" in text
    assert (tmp_path / "train_data").exists() == (kind == "texts"), "a file is read as it is"
    execute(script)
    check_same_weights(run, script)
    state = json.loads(max((tmp_path / "train_output").glob("checkpoint-*/trainer_state.json")).read_text())
    ends = [entry for entry in state["log_history"] if "eval_f1" in entry]
    assert ends[-1]["eval_f1"] == run.metrics["f1"].iloc[-1]
    assert ends[-1]["eval_exact_match"] == run.metrics["exact_match"].iloc[-1]

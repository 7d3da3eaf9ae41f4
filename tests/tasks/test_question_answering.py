"""Question answering: its columns, windows and labels, the metrics of SQuAD, and a run from data to answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from datasets import Dataset, Features, List, Value

import nbtrain
from nbtrain import tasks
from nbtrain.data.source import Examples, Source
from nbtrain.errors import ConfigError, DataError, RunError
from nbtrain.preprocessing.dataset import read
from nbtrain.preprocessing.tokenize import encode_rows
from nbtrain.tasks.answer_spans import best_spans, encode_questions, exact_match, words_f1

CONTEXTS = ["the red cat sees a dog", "a dog likes the blue bird and one cat", "one bird sees two dog"] * 10
ANSWERS = ["red cat", "blue bird", "two dog"] * 10
STARTS = [context.index(answer) for context, answer in zip(CONTEXTS, ANSWERS, strict=True)]
PLACES = [[start, start + len(answer)] for start, answer in zip(STARTS, ANSWERS, strict=True)]


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"id": range(30), "context": CONTEXTS, "question": ["one likes"] * 30} | columns)


def squad(**columns: Any) -> pd.DataFrame:
    cells = [{"text": [text], "answer_start": [start]} for text, start in zip(ANSWERS, STARTS, strict=True)]
    return frame(**{"answers": cells, **columns})


def refusal(rows: Any, **source: Any) -> str:
    with pytest.raises(DataError) as refused:
        read(Source(dataset=rows, **source))
    return str(refused.value)


@pytest.fixture(scope="session")
def tokenizer(tiny_model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


LISTS = [[{"text": text, "answer_start": start}] for text, start in zip(ANSWERS, STARTS, strict=True)]
SCALARS = [{"text": text, "answer_start": start} for text, start in zip(ANSWERS, STARTS, strict=True)]


@pytest.mark.parametrize(
    ("rows", "source", "text", "label"),
    [
        (squad(), {}, ["question", "context"], ["answers"]),
        (squad().rename(columns={"context": "passage", "answers": "spans"}), {}, ["question", "passage"], ["spans"]),
        (frame(answers=LISTS), {}, ["question", "context"], ["answers"]),
        (frame(answers=SCALARS), {}, ["question", "context"], ["answers"]),
        (frame(answer_text=ANSWERS, answer_start=STARTS), {}, ["question", "context"], ["answer_text", "answer_start"]),
        (frame(answer=ANSWERS), {"task": "question_answering"}, ["question", "context"], ["answer"]),
        (
            frame(a=STARTS, b=ANSWERS).rename(columns={"question": "q", "context": "c"}),
            {"task": "question_answering", "text": ["q", "c"], "label": ["a", "b"]},
            ["q", "c"],
            ["b", "a"],
        ),
    ],
    ids=["SQuAD", "other names", "lists", "one answer", "two columns", "texts", "named"],
)
def test_columns_of_every_form_give_the_same_spans(
    rows: pd.DataFrame, source: dict[str, Any], text: list[str], label: list[str]
) -> None:
    data = read(Source(train=rows, validation=rows, **source))
    assert data.spec.task == "question_answering"
    assert (list(data.spec.inputs), list(data.spec.target)) == (text, label)
    assert [each.tolist() for each in data.labels["train"]] == PLACES
    assert data.spec.options["unanswerable"] is False


def test_nothing_is_taken_for_it_that_may_be_something_else() -> None:
    yes_or_no = frame(answer=[True, False, True] * 10)
    assert read(Source(dataset=yes_or_no, label=["answer"])).spec.task == "text_classification"
    assert 'task = "question_answering"' in refusal(frame(answer=[f"text {at}" for at in range(30)]))
    squad_with_label = squad(label=["a", "b", "c"] * 10)
    assert read(Source(dataset=squad_with_label, label=["label"])).spec.task == "text_classification"


def test_questions_without_an_answer() -> None:
    cells = [{"text": [], "answer_start": []}, *squad()["answers"][1:]]
    features = {"text": List(Value("string")), "answer_start": List(Value("int32"))}
    rows = Dataset.from_dict(
        {"question": ["one likes"] * 30, "context": CONTEXTS, "answers": cells},
        features=Features({"question": Value("string"), "context": Value("string"), "answers": features}),
    )
    data = read(Source(train=rows, validation=rows))
    assert data.spec.options["unanswerable"] is True
    assert data.labels["train"][0].tolist() == []
    assert "1 of 30 questions have no answer" in " ".join(data.notes)
    hidden = rows.remove_columns("answers").add_column("answers", [cells[0]] * 30)
    tested = read(Source(train=squad(), validation=squad(), test=hidden))
    assert "test" not in tested.labels, "hidden answers, as on the Hub"
    assert "no row has an answer in `answers`" in refusal(None, train=hidden, validation=rows)
    flat = frame(answer_text=["", *ANSWERS[1:]], answer_start=[-1, *STARTS[1:]])
    assert read(Source(train=flat, validation=flat)).labels["train"][0].tolist() == []


@pytest.mark.parametrize(
    ("rows", "said", "kept"),
    [
        (frame(answer=["Red cat", *ANSWERS[1:]]), 'does not occur in `context`; the first is row 0, "Red cat". It is '
         'written "red cat" there.', 29),
        (frame(answer_text=ANSWERS, answer_start=[0, *STARTS[1:]]), "is not at its place in `context`; the first is "
         'row 0, "red cat". It begins at character 4.', 29),
        (squad(answers=[*squad()["answers"][:29], {"text": ["two dog"], "answer_start": [3]}]), 'row 29, "two dog". It '
         "begins at character 14.", 29),
        (squad(context=["no such"] * 2 + CONTEXTS[2:]), "2 of 30 rows have an answer that", 28),
    ],
    ids=["another case", "another place", "SQuAD", "another context"],
)  # fmt: skip
def test_an_answer_that_is_not_there_is_named_with_its_row(rows: pd.DataFrame, said: str, kept: int) -> None:
    message = refusal(None, train=rows, validation=rows, task="question_answering")
    assert message.startswith("train: ")
    assert said in message
    names: dict[str, Any] = {"df": rows}
    exec(message.partition("leave them out: ")[2], names)
    assert len(names["df"]) == kept


def test_mistakes_are_named_with_a_fix() -> None:
    message = refusal(frame(answer=ANSWERS), task="question_answering", label=["anser"])
    assert "Did you mean `answer`?" in message
    message = refusal(frame(label=[0, 1, 2] * 10), task="question_answering")
    assert "needs two columns of text" in message and 'label = "answers"' in message
    broken = squad(answers=[{"text": ["red cat"], "answer_start": []}, *squad()["answers"][1:]])
    assert "an answer without its text, or without its place, in `answers`; the first is row 0" in refusal(broken)
    assert "1 of 30 rows has no text in column `question`" in refusal(squad(question=[None, *["one"] * 29]))


def encode(tokenizer: Any, length: int, stride: int, **columns: Any) -> tuple[Dataset, Any]:
    rows = Dataset.from_pandas(squad(**columns))
    data = read(Source(train=rows, validation=rows))
    spec = data.spec.with_options(max_length=length, doc_stride=stride, max_answer_length=30)
    return encode_rows(Examples(data.splits["train"], data.labels["train"]), tokenizer, spec), spec


def test_long_contexts_are_read_in_windows(tokenizer: Any) -> None:
    context = "the red cat sees a dog and one blue bird likes two dog"
    encoded = encode_questions(["one likes"], [context], [[35, 44]], tokenizer, 12, 3)
    windows = [tokenizer.decode(ids, skip_special_tokens=True) for ids in encoded["input_ids"]]
    assert windows == [
        "one likes the red cat sees a dog and",
        "one likes a dog and one blue bird likes",
        "one likes blue bird likes two dog",
    ]
    assert encoded["window"] == [0, 1, 2]
    assert context[31:40] == "blue bird"
    encoded = encode_questions(["one likes"], [context], [[31, 40]], tokenizer, 12, 3)
    spans = list(zip(encoded["start_positions"], encoded["end_positions"], strict=True))
    assert spans == [(0, 0), (8, 9), (4, 5)], "a window without the whole answer learns that it is not there"
    for ids, places in zip(encoded["input_ids"], encoded["offset_mapping"], strict=True):
        for token, (start, end) in zip(tokenizer.convert_ids_to_tokens(ids), places, strict=True):
            assert end == -1 or context[start:end] == token
    long = encode_questions(["one likes " * 20], [context], None, tokenizer, 13, 1)
    assert "start_positions" not in long and "spans" not in long
    assert tokenizer.decode(long["input_ids"][0]) == "[CLS] one likes one likes one [SEP] the red cat sees a [SEP]"


def test_rows_are_found_again_in_their_windows(tokenizer: Any) -> None:
    encoded, spec = encode(tokenizer, 10, 2)
    assert sum(window == 0 for window in encoded["window"]) == 30 < len(encoded)
    logits = np.full((len(encoded), 12, 2), -100.0)
    for at, row in enumerate(encoded):
        logits[at, : len(row["input_ids"])] = 0.0
        if row["start_positions"]:
            logits[at, row["start_positions"], 0] = logits[at, row["end_positions"], 1] = 5.0
    found = best_spans(logits, encoded, 30, unanswerable=False)
    assert [[start, end] for start, end, _ in found] == PLACES
    assert all(0.5 < probability < 1 for *_, probability in found)
    of = tasks.base.EvaluationData(tokenizer, Dataset.from_pandas(squad()), encoded)  # type: ignore[attr-defined]
    task = tasks.get("question_answering")
    assert task.answers(logits, None, spec, of).scores == {"exact_match": 1.0, "f1": 1.0}
    table = task.to_frame(logits, None, spec, of)
    assert list(table) == ["label", "prediction", "start", "probability", "f1", "correct"]
    assert list(table["prediction"]) == list(table["label"]) == ANSWERS
    assert list(table["start"]) == STARTS
    notes = task.explain(encoded[0], tokenizer, spec)
    assert "read in windows, which share 2" in notes[0] and "tokens 5 to 6: red, cat." in notes[0]
    marked = [piece for piece in task.shown_example(encoded[0], tokenizer, spec) if piece[1]]
    assert marked == [("red cat ", "answer", False)]


def test_the_best_span_is_that_of_the_highest_sum() -> None:
    encoded = {"window": [0, 1, 0], "no_answer": [0, 0, 0], "offset_mapping": [[(-1, -1), (0, 2), (3, 5), (6, 8)]] * 3}
    logits = np.zeros((3, 4, 2))
    logits[0, 3, 0] = logits[0, 1, 1] = 9.0  # a span cannot end before it begins
    logits[1, 1, 0] = logits[1, 3, 1] = 6.0
    logits[2, 0] = 4.0
    first, second = best_spans(logits, encoded, 3, unanswerable=False)
    assert first[:2] == (0, 8)
    assert best_spans(logits, encoded, 2, unanswerable=False)[0][:2] in ((0, 2), (6, 8)), "at most two tokens"
    spans = np.exp([9, 0, 0, 0, 0, 9]).sum() + np.exp([6, 6, 12, 0, 6, 6]).sum()
    assert first[2] == pytest.approx(np.exp(12) / spans)
    assert second[2] == pytest.approx(1 / 6)
    answered = best_spans(logits, encoded, 3, unanswerable=True)
    assert [row[:2] for row in answered] == [(0, 8), (-1, -1)], "the least score of none over all windows counts"
    assert answered[1][2] == pytest.approx(np.exp(8) / (np.exp(8) + 6))


@pytest.mark.parametrize(
    ("prediction", "references", "exact", "f1"),
    [
        ("The Red-Cat!", ["redcat"], 1, 1),
        ("a red cat", ["the red  cat."], 1, 1),
        ("red cat", ["cat"], 0, 2 / 3),
        ("the red cat sees", ["a cat sees the dog", "dog"], 0, 2 / 3),
        ("cat cat", ["cat"], 0, 2 / 3),
        ("dog", ["cat", "Dog"], 1, 1),
        ("", [], 1, 1),
        ("dog", [], 0, 0),
        ("", ["dog"], 0, 0),
        ("bird", ["dog"], 0, 0),
    ],
)
def test_metrics_are_those_of_squad(prediction: str, references: list[str], exact: float, f1: float) -> None:
    assert exact_match(prediction, references) == exact
    assert words_f1(prediction, references) == pytest.approx(f1)


def test_a_window_needs_room_for_new_tokens(tokenizer: Any) -> None:
    with pytest.raises(DataError, match=r"doc_stride = 14 leaves no room.*at most 14 tokens(.|\n)*doc_stride = 7"):
        encode(tokenizer, 32, 14)


KEYS: dict[str, Any] = {"use_cpu": True, "views": [], "learning_rate": 5e-3}

LOADED = """
import sys, nbtrain
run = nbtrain.Run.load(sys.argv[1])
table = run.predict([("one likes", "the red cat sees a dog")])
print(list(table), table["prediction"][0], table["start"][0])
"""


def test_from_a_frame_to_answers(tiny_model: Path, tmp_path: Path) -> None:
    keys = {**KEYS, "model": str(tiny_model), "num_train_epochs": 30, "max_length": 14, "doc_stride": 2}
    run = nbtrain.finetune(train=squad(), validation=squad().head(6), output_dir=str(tmp_path / "run"), **keys)
    assert run.metrics["exact_match"].iloc[-1] == run.metrics["f1"].iloc[-1] == 1.0, (
        "what is always the same is learned"
    )
    table = run.predictions
    assert list(table.columns[:3]) == ["id", "context", "question"] and "answers" not in table
    assert list(table["prediction"]) == list(table["label"]) == ANSWERS[:6]
    assert list(table["start"]) == STARTS[:6]
    assert table["correct"].all()
    assert len(list((run.directory / "evaluations").iterdir())) == 30, "a table for each evaluation"
    new = run.predict([("one likes", "the red cat sees a dog")])
    assert list(new) == ["question", "context", "prediction", "start", "probability"]
    assert (new["prediction"][0], new["start"][0]) == ("red cat", 4)
    assert list(run.predict(squad().head(2))["f1"]) == [1.0, 1.0]
    assert "label" not in run.predict(frame().head(2))
    with pytest.raises(DataError, match=r'Item 0 is not a question .*"Who did it'):
        run.predict(["Who?"])
    command = [sys.executable, "-c", LOADED, str(run.directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("['question', 'context', 'prediction', 'start', 'probability'] red cat 4")


def test_own_metrics_get_the_outputs_of_the_model(tiny_model: Path, tmp_path: Path) -> None:
    def compute_metrics(prediction: Any) -> dict[str, float]:
        starts, ends = prediction.predictions[:2]
        return {"same": float(starts.shape == ends.shape), "pair": float(len(prediction.label_ids) == 2)}

    keys = {**KEYS, "model": str(tiny_model), "max_steps": 2, "compute_metrics": compute_metrics}
    run = nbtrain.finetune(train=squad(), output_dir=str(tmp_path / "run"), **keys)
    assert run.metrics[["same", "pair"]].iloc[-1].tolist() == [1.0, 1.0]
    assert len(run.predictions) == 3 and run.predictions["f1"].between(0, 1).all()
    keys |= {"compute_metrics": None, "train_sampling_strategy": "group_by_length"}
    with pytest.raises(ConfigError, match='speed = "auto" makes batches of similar length'):
        nbtrain.finetune(train=squad(), output_dir=str(tmp_path / "other"), **keys)


def test_a_model_object_and_an_adapter(tiny_model: Path, tokenizer: Any, tmp_path: Path) -> None:
    from transformers import BertForQuestionAnswering, BertForTokenClassification

    model = BertForQuestionAnswering.from_pretrained(tiny_model)
    keys = {**KEYS, "tokenizer": tokenizer, "max_steps": 2, "train": squad()}
    run = nbtrain.finetune(model=model, output_dir=str(tmp_path / "object"), **keys)
    assert run.model is model and len(run.predictions) == 3
    other = BertForTokenClassification.from_pretrained(tiny_model)
    with pytest.raises(ConfigError, match=r"no head for extractive question answering(.|\n)*ForQuestionAnswering"):
        nbtrain.finetune(model=other, output_dir=str(tmp_path / "other"), **keys)
    run = nbtrain.finetune(
        model=str(tiny_model), lora_r=2, output_dir=str(tmp_path / "lora"), **{**keys, "tokenizer": None}
    )
    again = nbtrain.Run.load(run.directory)
    assert list(again.predict(squad().head(3))["start"]) == list(run.predict(squad().head(3))["start"])


def test_a_watched_trainer(tiny_model: Path, tokenizer: Any, tmp_path: Path) -> None:
    from transformers import BertForQuestionAnswering, Trainer, TrainingArguments, set_seed

    def make() -> Trainer:
        set_seed(0)
        model = BertForQuestionAnswering.from_pretrained(tiny_model)
        arguments = TrainingArguments(
            str(tmp_path / "run"), num_train_epochs=2, use_cpu=True, report_to="none", eval_strategy="epoch",
            save_strategy="no",
        )  # fmt: skip
        columns = encode_questions(["one likes"] * 30, CONTEXTS, PLACES, tokenizer, 14, 2)
        names = ("input_ids", "attention_mask", "start_positions", "end_positions", "offset_mapping")
        rows = Dataset.from_dict({name: columns[name] for name in names})
        return Trainer(model, arguments, train_dataset=rows, eval_dataset=rows, processing_class=tokenizer)

    expected = make()
    expected.train()
    watched = make()
    run = nbtrain.watch(watched, views=[])
    watched.train()
    losses = [[entry.get("eval_loss") for entry in one.state.log_history] for one in (expected, watched)]
    assert losses[0] == losses[1]
    assert list(run.metrics["loss"]) == [loss for loss in losses[0] if loss is not None]
    assert [message.message for message in run.state.messages] == []
    with pytest.raises(RunError, match=r"windows of contexts(.|\n)*run\.trainer\.predict"):
        _ = run.predictions

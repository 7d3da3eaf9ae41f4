"""Sequence to sequence: columns, tokens of targets, metrics of texts, and a run from rows to what the model writes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbtrain
from nbtrain import tasks
from nbtrain.config import from_mapping
from nbtrain.data.source import Source
from nbtrain.errors import ConfigError, DataError, RunError
from nbtrain.events import TaskSpec
from nbtrain.preprocessing.dataset import read
from nbtrain.tasks import metrics
from nbtrain.tasks.base import EvaluationData
from nbtrain.tasks.written_texts import decoded, text_scores
from scripts.demo_data.seq2seq import baselines, make_model, rows

TASK = tasks.get("seq2seq")
LONG = [f"the cat number {at} sees the dog" for at in range(40)]
SHORT = [f"cat {at}" for at in range(40)]


def spec(**options: Any) -> TaskSpec:
    given = {"prefix": "", "max_target_length": None, "predict_with_generate": True, "generation_max_length": 16}
    return TaskSpec("seq2seq", ("source",), ("target",), (), {"max_length": 64, **given, **options})


def frame(count: int = 40, seed: int = 0) -> pd.DataFrame:
    return pd.DataFrame(rows(count, seed), columns=["source", "target"])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    torch.set_num_threads(1)
    return make_model(tmp_path_factory.mktemp("t5"), width=16)


@pytest.fixture(scope="module")
def tokenizer(model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model)


@pytest.mark.parametrize(
    ("text", "target"),
    [("document", "summary"), ("article", "highlights"), ("Article", "Summary"), ("dialogue", "summary"),
     ("source", "target")],
)  # fmt: skip
def test_known_pairs_are_recognised(text: str, target: str) -> None:
    found = read(Source(dataset=pd.DataFrame({"id": range(40), text: LONG, target: SHORT})))
    assert (found.spec.task, found.spec.inputs, found.spec.target) == ("seq2seq", (text,), (target,))
    assert list(found.labels["train"][:1]) == found.splits["train"][target][:1]


@pytest.mark.parametrize(
    ("columns", "inputs", "target"),
    [
        ({"source": LONG, "target": ["good", "bad"] * 20}, None, ("target",)),
        ({"document": LONG, "summary": SHORT, "label": [0, 1] * 20}, ("document",), ("label",)),
        ({"sentence1": LONG, "sentence2": SHORT, "label": [0, 1] * 20}, ("sentence1", "sentence2"), ("label",)),
    ],
)
def test_pairs_that_classification_uses_are_left_alone(columns: Any, inputs: Any, target: Any) -> None:
    source = Source(dataset=pd.DataFrame(columns))
    if inputs is None:  # it is asked which text is meant
        with pytest.raises(DataError, match=r"text = ") as caught:
            read(source)
        assert "seq2seq" not in str(caught.value)
        return
    found = read(source).spec
    assert (found.task, found.inputs, found.target) == ("text_classification", inputs, target)


@pytest.mark.parametrize(
    ("columns", "named", "expected"),
    [
        ({"input": LONG, "output": SHORT}, {}, ("input", "output")),
        ({"en": LONG, "de": SHORT}, {"label": ["de"]}, ("en", "de")),
        ({"en": LONG, "de": SHORT}, {"text": ["en"]}, ("en", "de")),
        ({"a": LONG, "b": SHORT, "c": LONG}, {"text": ["c"], "label": ["b"]}, ("c", "b")),
    ],
)
def test_columns_of_the_named_task(columns: Any, named: Any, expected: tuple[str, str]) -> None:
    found = read(Source(dataset=pd.DataFrame(columns), task="seq2seq", **named)).spec
    assert (*found.inputs, *found.target) == expected


@pytest.mark.parametrize(
    ("columns", "named", "said"),
    [
        ({"a": LONG, "b": SHORT}, {}, ('text = "a"', 'label = "b"')),
        ({"a": LONG, "b": SHORT, "c": LONG}, {"text": ["a"]}, ('label = "b"',)),
        ({"a": LONG, "b": SHORT}, {"text": ["a"], "label": ["c"]}, ("no column `c`",)),
        ({"a": LONG, "b": SHORT}, {"text": ["a", "b"], "label": ["b"]}, ('text = "a"',)),
        ({"a": LONG, "b": range(40)}, {"text": ["a"], "label": ["b"]}, ("integers", 'df["b"].astype(str)')),
        ({"a": LONG, "b": [["x"]] * 40}, {"text": ["a"], "label": ["b"]}, ('df["b"].str[0]',)),
        ({"a": LONG, "b": [None, *SHORT[1:]]}, {"text": ["a"], "label": ["b"]}, ("has no label", "dropna")),
        ({"a": [None, *LONG[1:]], "b": SHORT}, {"text": ["a"], "label": ["b"]}, ("has no text", "dropna")),
        ({"a": LONG}, {"text": ["a"], "label": ["a"]}, ("both text and label",)),
    ],
)  # fmt: skip
def test_doubt_and_mistakes_are_named(columns: Any, named: Any, said: tuple[str, ...]) -> None:
    with pytest.raises(DataError) as refused:
        read(Source(dataset=pd.DataFrame(columns), task="seq2seq", **named))
    assert [words for words in said if words not in str(refused.value)] == []


def test_translations_are_asked_to_be_columns() -> None:
    data = pd.DataFrame({"id": range(40), "translation": [{"en": "the cat", "de": "die Katze"}] * 40})
    with pytest.raises(DataError) as refused:
        read(Source(dataset=data))
    assert 'text = "en", label = "de"' in str(refused.value)
    line = str(refused.value).split("column of each: ")[1].splitlines()[0]
    exec(line, {"df": data})
    found = read(Source(dataset=data, text=["en"], label=["de"], task="seq2seq"))
    assert found.splits["train"][0]["de"] == "die Katze"


def test_labels_are_the_tokens_of_the_target(tokenizer: Any) -> None:
    batch = {"source": ["the 3rd of May 2021", "5.3.1999"]}
    targets = np.array(["2021-05-03", "1999-03-05"], dtype=object)
    encoded, cut = TASK.tokenize(batch, targets, tokenizer, spec())
    assert cut == 0
    assert tokenizer.decode(encoded["labels"][0]) == "2021-05-03</s>"
    assert tokenizer.decode(encoded["input_ids"][1]) == "5.3.1999</s>"
    with_prefix, _ = TASK.tokenize(batch, None, tokenizer, spec(prefix="of "))
    assert "labels" not in with_prefix
    assert tokenizer.decode(with_prefix["input_ids"][1]) == "of 5.3.1999</s>"
    short, cut = TASK.tokenize(batch, targets, tokenizer, spec(max_target_length=5, max_length=10))
    assert [len(ids) for ids in short["labels"]] == [5, 5]
    assert cut == 1, "the first input has 13 tokens, the second one 9"
    assert tokenizer.decode(short["labels"][0]) == "2021</s>"


def test_targets_that_are_truncated_are_counted(tokenizer: Any) -> None:
    from datasets import Dataset

    encoded = Dataset.from_dict({"labels": [[3] * 15, [3] * 4]})
    [note] = TASK.encoded_notes(encoded, "train", spec())
    assert note.startswith("train: 1 of 2 targets reaches the limit of 15 tokens")
    assert "generation_max_length = 32" in note
    assert TASK.encoded_notes(encoded.select([1]), "train", spec()) == []
    with pytest.raises(DataError, match="Write generation_max_length = 21"):
        TASK.encoded_notes(encoded, "train", spec(max_target_length=20))


def test_padding_is_not_read_and_unknown_characters_stay(tokenizer: Any) -> None:
    ids = tokenizer("2021-05-03")["input_ids"]
    other = tokenizer("5.3.1999 {")["input_ids"]
    table = np.full((2, 16), -100)
    table[0, : len(ids) + 1] = [0, *ids]
    table[1, : len(other) + 3] = [0, *other, 0, 0]
    assert decoded(table, tokenizer) == ["2021-05-03", "5.3.1999 <unk>"]


def test_metrics_are_those_of_the_libraries() -> None:
    found = text_scores(
        ["the cat sat", "b"], ["the cat sat on it", "b"], ["exact_match", "rouge1", "rougeL", "sacrebleu"]
    )
    assert found["exact_match"] == 0.5
    assert found["rouge1"] == pytest.approx((2 * 1.0 * 0.6 / 1.6 + 1) / 2)
    swapped = text_scores(["sat cat the"], ["the cat sat"], ["rouge1", "rougeL"])
    assert (swapped["rouge1"], swapped["rougeL"]) == (1.0, pytest.approx(1 / 3))
    import sacrebleu

    wanted = sacrebleu.corpus_bleu(["the cat sat", "b"], [["the cat sat on it", "b"]]).score
    assert found["sacrebleu"] == pytest.approx(wanted)


def test_metrics_that_cannot_be_computed_are_refused_with_a_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = spec(predict_with_generate=False)
    assert TASK.default_metrics(spec()) == ["exact_match", "rougeL"]
    assert TASK.default_metrics(tokens) == ["perplexity", "accuracy"]
    assert metrics.result_names("rouge", spec()) == ["rouge1", "rouge2", "rougeL"]
    with pytest.raises(DataError, match="predict_with_generate = true"):
        metrics.check(["rougeL"], tokens)
    with pytest.raises(DataError, match="predict_with_generate = false"):
        metrics.check(["perplexity"], spec())
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for wanted in (None, ["rouge"], ["sacrebleu"]):
        with pytest.raises(DataError, match=r'pip install "nbtrain\[generation\]"'):
            metrics.check(wanted, spec())
    metrics.check(["exact_match"], spec())
    metrics.check(None, tokens)


def test_a_table_of_what_was_written(tokenizer: Any) -> None:
    written = np.array([[0, *tokenizer("2021")["input_ids"], -100], [0, *tokenizer("1")["input_ids"], 0, 0, 0, -100]])
    labels = np.array([[*tokenizer("2021")["input_ids"], -100], [*tokenizer("2")["input_ids"], *[-100] * 4]])
    of = EvaluationData(tokenizer)
    table = TASK.to_frame(written, labels, spec(), of)
    assert table.to_dict("list") == {
        "reference": ["2021", "2"], "generated": ["2021", "1"], "correct": [True, False],
    }  # fmt: skip
    assert TASK.to_frame(written, None, spec(), of).to_dict("list") == {"generated": ["2021", "1"]}
    assert TASK.fits((2, 7), 2, spec())
    assert not TASK.fits((2, 7), 2, spec(predict_with_generate=False))
    with pytest.raises(DataError, match="processing_class=tokenizer"):
        TASK.to_frame(written, labels, spec(), EvaluationData(None))


def test_rows_without_targets_make_a_batch_without_labels(tokenizer: Any) -> None:
    encoded = [dict(tokenizer(text)) for text in ("5.3.1999", "3 May 2021")]
    batch = TASK.collator(tokenizer, None)(encoded)
    assert set(batch) == {"input_ids", "attention_mask"}


def test_keys_of_another_task_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"generation_num_beams.*seq2seq"):
        from_mapping({"model": "x", "train": frame(), "task": "regression", "generation_num_beams": 2})


def test_the_baselines_do_not_solve_the_demo_rows() -> None:
    train = rows(1000)
    validation = rows(200, 1, train)
    assert rows(1000) == train
    assert not {target for _, target in train} & {target for _, target in validation}
    assert max(baselines(train, validation).values()) < 0.3


def finetune(model: Path, folder: Path, **keys: Any) -> nbtrain.Run:
    defaults: dict[str, Any] = {"model": str(model), "use_cpu": True, "max_steps": 6, "generation_max_length": 14}
    defaults |= {"train": frame(), "validation": frame(11, 1), "per_device_eval_batch_size": 4, "speed": "exact"}
    return nbtrain.finetune(**{**defaults, "output_dir": str(folder / "run"), **keys}, views=[])


@pytest.mark.trainer
@pytest.mark.parametrize("lora", [{}, {"lora_r": 8}], ids=["all weights", "LoRA"])
def test_from_rows_to_what_the_model_writes(model: Path, tmp_path: Path, lora: dict[str, int]) -> None:
    run = finetune(model, tmp_path, **lora)
    assert run.status == "finished"
    assert {"exact_match", "rougeL", "validation_loss"} <= {*run.metrics.columns} | {"validation_loss"}
    table = run.predictions
    assert list(table.columns) == ["source", "reference", "generated", "correct"]
    assert table["reference"].tolist() == frame(11, 1)["target"].tolist()
    assert run.metrics["exact_match"].iloc[-1] == table["correct"].mean()
    loaded = nbtrain.Run.load(run.directory)
    assert loaded.predictions.equals(table)
    texts = table["source"].tolist()
    for one in (run, loaded):
        assert one.predict(texts)["generated"].tolist() == table["generated"].tolist()
        assert list(one.predict(texts[:2]).columns) == ["source", "generated"]
        scored = one.predict(frame(11, 1))
        assert scored["correct"].tolist() == table["correct"].tolist()


@pytest.mark.trainer
def test_a_text_is_written_as_the_model_writes_it(model: Path, tokenizer: Any, tmp_path: Path) -> None:
    run = finetune(model, tmp_path, generation_num_beams=2)
    text = run.predictions["source"][3]
    inputs = tokenizer(text, return_tensors="pt")
    tokens = run.model.generate(**inputs, max_length=14, num_beams=2)
    assert run.predictions["generated"][3] == decoded(tokens, tokenizer)[0]


@pytest.mark.trainer
def test_without_writing_tokens_are_guessed(model: Path, tmp_path: Path) -> None:
    run = finetune(model, tmp_path, predict_with_generate=False)
    assert {"perplexity", "accuracy"} <= {*run.metrics.columns}
    assert np.exp(run.metrics["loss" if "loss" in run.metrics else "validation_loss"].iloc[-1]) > 1
    for read_table in (lambda: run.predictions, lambda: run.predict(["5.3.1999"])):
        with pytest.raises(RunError, match="Set predict_with_generate = true"):
            read_table()


@pytest.mark.trainer
def test_label_smoothing_has_the_decoder_read_the_target(model: Path, tmp_path: Path) -> None:
    run = finetune(model, tmp_path, label_smoothing_factor=0.1, max_steps=2)
    batch = run.trainer.data_collator([dict(run.trainer.train_dataset[0])])
    assert batch["decoder_input_ids"][0].tolist() == [0, *batch["labels"][0].tolist()[:-1]]
    assert run.status == "finished"


@pytest.mark.trainer
@pytest.mark.parametrize("writes", [True, False])
def test_a_watched_trainer_trains_as_without(model: Path, tokenizer: Any, writes: bool, tmp_path: Path) -> None:
    from datasets import Dataset
    from transformers import (
        AutoModelForSeq2SeqLM,
        DataCollatorForSeq2Seq,
        Seq2SeqTrainer,
        Seq2SeqTrainingArguments,
        set_seed,
    )

    def encode(batch: Any) -> Any:
        return {**tokenizer(batch["source"]), "labels": tokenizer(text_target=batch["target"])["input_ids"]}

    def make(folder: str) -> Any:
        set_seed(0)
        weights = AutoModelForSeq2SeqLM.from_pretrained(model)
        data = {name: Dataset.from_pandas(one).map(encode, batched=True) for name, one in
                (("train", frame()), ("eval", frame(11, 1)))}  # fmt: skip
        options: dict[str, Any] = {"max_steps": 6, "eval_strategy": "steps", "eval_steps": 3, "logging_steps": 1}
        options |= {"use_cpu": True, "report_to": "none", "save_strategy": "no", "generation_max_length": 14}
        return Seq2SeqTrainer(
            weights,
            Seq2SeqTrainingArguments(str(tmp_path / folder), predict_with_generate=writes, **options),
            train_dataset=data["train"],
            eval_dataset=data["eval"],
            processing_class=tokenizer,
            data_collator=DataCollatorForSeq2Seq(tokenizer, model=weights),
        )

    plain, watched = make("plain"), make("watched")
    set_seed(0)
    plain.train()
    set_seed(0)
    run = nbtrain.watch(watched, views=[])
    watched.train()
    logged = [[one[key] for one in each.state.log_history for key in ("loss", "eval_loss") if key in one] for each in (plain, watched)]  # fmt: skip  # noqa: E501
    assert logged[0] == logged[1]
    if not writes:
        with pytest.raises(RunError, match="predict_with_generate"):
            _ = run.predictions
        return
    table = run.predictions
    assert table["reference"].tolist() == frame(11, 1)["target"].tolist()
    tokens = watched.predict(watched.eval_dataset).predictions
    assert table["generated"].tolist() == decoded(tokens, tokenizer)

"""`run.predict` of a watched Trainer: the Trainer's own numbers for rows as the user has them, or a refusal with the
reason and the way that works.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import nbtrain
from nbtrain import Run, RunError
from nbtrain.views import summary

pytestmark = pytest.mark.trainer

TEXTS = ["a warm and funny film", "dull, slow and far too long", "the cast is a delight", "i wanted my money back"]


def table(count: int = 24) -> pd.DataFrame:
    texts = [f"{TEXTS[at % 4]} {at} " + "again " * (at % 9) for at in range(count)]
    return pd.DataFrame({"text": texts, "label": [at % 2 for at in range(count)]})


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    from nbtrain.demo import model_path

    return AutoTokenizer.from_pretrained(str(model_path()))


@pytest.fixture
def make(tokenizer: Any, tmp_path: Path) -> Callable[..., Any]:
    """A Trainer of a tiny classifier for rows that `encode`, given to `Dataset.map`, has made from a frame."""
    from datasets import Dataset, Features
    from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed

    def made(
        frame: pd.DataFrame | Any,
        encode: Any = None,
        *,
        map_options: dict[str, Any] | None = None,
        features: Features | None = None,
        model_options: dict[str, Any] | None = None,
        cls: type[Any] = Trainer,
        **arguments: Any,
    ) -> Any:
        set_seed(0)
        encode = encode or (lambda batch: tokenizer(batch["text"], truncation=True, max_length=16))
        rows = Dataset.from_pandas(frame, features=features) if isinstance(frame, pd.DataFrame) else frame
        rows = rows.map(encode, **{"batched": True, **(map_options or {})})
        shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
        model = BertForSequenceClassification(
            BertConfig(vocab_size=len(tokenizer), **{**shape, "num_labels": 2, **(model_options or {})})
        )
        options: dict[str, Any] = {
            "output_dir": str(tmp_path / "run"),
            "max_steps": 2,
            "learning_rate": 1e-2,
            "use_cpu": True,
            "report_to": "none",
            "disable_tqdm": True,
            "save_strategy": "no",
            "dataloader_pin_memory": False,
            **arguments,
        }
        return cls(
            model=model,
            args=TrainingArguments(**options),
            train_dataset=rows,
            eval_dataset=rows,
            processing_class=tokenizer,
        )

    return made


def watched(trainer: Any, **options: Any) -> Run:
    run = nbtrain.watch(trainer, views=[], **options)
    trainer.train()
    assert run.status == "finished"
    return run


def probabilities(run: Run, rows: Any) -> Any:
    return torch.softmax(torch.tensor(run.trainer.predict(rows).predictions), -1).numpy()


def given(frame: pd.DataFrame) -> Any:
    columns = [name for name in frame if str(name).startswith("p(")]
    return frame[columns].to_numpy()


def test_integers_are_predicted_as_integers(make: Any) -> None:
    rows = table()
    run = watched(make(rows))
    for predicted in (run.predictions, run.predict(rows), run.predict("validation")):
        assert predicted["label"].tolist() == rows["label"].tolist()
        assert set(predicted["prediction"]) <= {0, 1}
        assert predicted["correct"].tolist() == (predicted["prediction"] == rows["label"]).tolist()
    assert given(run.predict(rows)) == pytest.approx(probabilities(run, run.trainer.eval_dataset), abs=1e-6)
    assert run.predict(["a warm film"])["prediction"].isin([0, 1]).all()


def test_names_that_the_model_has_for_integers_are_shown(make: Any) -> None:
    rows = table()
    names = {0: "negative", 1: "positive"}
    run = watched(make(rows, model_options={"id2label": names, "label2id": {name: at for at, name in names.items()}}))
    for predicted in (run.predictions, run.predict(rows), run.predict("validation")):
        assert predicted["label"].tolist() == rows["label"].tolist()
        assert predicted["label"].dtype == predicted["prediction"].dtype == "int64"
        assert [name for name in predicted if str(name).startswith("p(")] == ["p(negative)", "p(positive)"]
    assert given(run.predictions) == pytest.approx(probabilities(run, run.trainer.eval_dataset), abs=1e-6)
    assert run.state.prepared is not None
    assert "classes negative, positive" in summary.setup(run.state.prepared)
    assert list(Run.load(run.directory).predictions) == list(run.predictions)


@pytest.mark.parametrize("names", [None, {0: "LABEL_0", 1: "LABEL_1"}, {0: "0", 1: "1"}, {0: "same", 1: "same"}])
def test_names_that_say_nothing_are_not_shown(names: Any, make: Any) -> None:
    run = watched(make(table(), model_options=names and {"id2label": names}))
    assert [name for name in run.predictions if str(name).startswith("p(")] == ["p(0)", "p(1)"]


def test_names_of_a_class_label_are_kept(make: Any) -> None:
    from datasets import ClassLabel, Features, Value

    features = Features({"text": Value("string"), "label": ClassLabel(names=["bad", "good"])})
    run = watched(make(table(), features=features))
    assert set(run.predictions["label"]) == {"bad", "good"}
    assert run.predict(table())["label"].tolist()[:2] == ["bad", "good"]


@pytest.mark.parametrize("how", ["while it trains", "stopped", "failed"])
def test_predictions_before_the_end(how: str, make: Any) -> None:
    from transformers import TrainerCallback

    seen: list[Any] = []

    class Acts(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if how == "while it trains":
                seen.append(run.predictions)
            elif how == "stopped":
                run.stop()
            else:
                raise ValueError("mine")

    trainer = make(table())
    trainer.add_callback(Acts())
    run = nbtrain.watch(trainer, views=[])
    if how == "failed":
        with pytest.raises(ValueError, match="mine"):
            trainer.train()
    else:
        trainer.train()
    predictions = seen[0] if seen else run.predictions
    assert predictions["label"].tolist() == table()["label"].tolist()
    assert set(predictions["prediction"]) <= {0, 1}


def many_columns() -> pd.DataFrame:
    rows = table()
    rows.insert(0, "title", [f"dull, slow and far too long? {at}" for at in range(len(rows))])
    return rows.assign(label_text=["good" if one else "bad" for one in rows["label"]], lang="en")


def test_only_the_columns_that_were_tokenized_are_read(make: Any) -> None:
    rows = many_columns()
    run = watched(make(rows))
    assert run.stored.spec.inputs == ("text",)
    assert run.stored.spec.options == {"max_length": 16}
    assert given(run.predict(rows)) == pytest.approx(probabilities(run, run.trainer.eval_dataset), abs=1e-6)
    assert given(run.predict(rows["text"].tolist())) == pytest.approx(given(run.predict(rows)), abs=1e-6)


@pytest.mark.parametrize("columns", [("title", "text"), ("text", "title")])
def test_a_pair_is_read_in_its_order(columns: tuple[str, str], make: Any, tokenizer: Any) -> None:
    first, second = columns
    rows = many_columns()
    encode = lambda batch: tokenizer(batch[first], batch[second], truncation=True, max_length=20)  # noqa: E731
    run = watched(make(rows, encode))
    assert run.stored.spec.inputs == columns
    assert given(run.predict(rows)) == pytest.approx(probabilities(run, run.trainer.eval_dataset), abs=1e-6)


def test_the_length_of_padded_rows(make: Any, tokenizer: Any) -> None:
    encode = lambda batch: tokenizer(batch["text"], padding="max_length", truncation=True, max_length=40)  # noqa: E731
    run = watched(make(table(), encode))
    assert run.stored.spec.options == {"max_length": 40}


def test_the_length_of_rows_of_which_none_is_cut(make: Any, tokenizer: Any) -> None:
    run = watched(make(table(), lambda batch: tokenizer(batch["text"], truncation=True)))
    assert run.stored.spec.options == {"max_length": tokenizer.model_max_length}


PREPROCESS: dict[str, Any] = {
    "lower case and a prefix": lambda tok: (
        lambda batch: tok([f"review: {text.upper()[:9]}" for text in batch["text"]], truncation=True, max_length=16)
    ),
    "joined columns": lambda tok: (
        lambda batch: tok(
            [f"{a} - {b}" for a, b in zip(batch["title"], batch["text"], strict=True)], truncation=True, max_length=16
        )
    ),
    "without special tokens": lambda tok: lambda batch: tok(batch["text"], add_special_tokens=False),
    "cut on the left": lambda tok: (
        lambda batch: {
            "input_ids": [ids[-8:] for ids in tok(batch["text"])["input_ids"]],
            "attention_mask": [[1] * min(8, len(ids)) for ids in tok(batch["text"])["input_ids"]],
        }
    ),
    "a row at a time": lambda tok: lambda row: tok(f"{row['title']}: {row['text']}", truncation=True, max_length=16),
}


@pytest.mark.parametrize("name", PREPROCESS)
def test_rows_made_in_another_way_are_refused_unless_the_way_is_given(name: str, make: Any, tokenizer: Any) -> None:
    rows, encode = many_columns(), PREPROCESS[name](tokenizer)
    options = {"batched": name != "a row at a time"}
    run = watched(make(rows, encode, map_options=options))
    assert run.predictions["label"].tolist() == rows["label"].tolist()
    with pytest.raises(RunError, match="preprocess=") as refused:
        run.predict(rows)
    assert "`title`, `text`" in str(refused.value)

    run = watched(make(rows, encode, map_options=options), preprocess=encode)
    expected = probabilities(run, run.trainer.eval_dataset)
    assert given(run.predict(rows)) == pytest.approx(expected, abs=1e-6)
    assert run.predict(rows)["label"].tolist() == rows["label"].tolist()
    assert given(run.predict(rows.drop(columns="label"))) == pytest.approx(expected, abs=1e-6)


def test_another_function_than_that_of_the_rows_is_refused(make: Any, tokenizer: Any) -> None:
    rows = table()
    run = watched(make(rows), preprocess=lambda batch: tokenizer(batch["text"], truncation=True, max_length=5))
    with pytest.raises(RunError, match="`preprocess` does not give the rows"):
        run.predict(rows)


def test_texts_that_were_removed(make: Any, tokenizer: Any) -> None:
    rows = table()
    run = watched(make(rows, map_options={"remove_columns": ["text"]}))
    assert run.predictions["label"].tolist() == rows["label"].tolist()
    with pytest.raises(RunError, match="no text column"):
        run.predict(["a warm film"])
    encode = lambda batch: tokenizer(batch["text"], truncation=True, max_length=16)  # noqa: E731
    run = watched(make(rows, map_options={"remove_columns": ["text"]}), preprocess=encode)
    assert given(run.predict(rows)) == pytest.approx(probabilities(run, run.trainer.eval_dataset), abs=1e-6)


class Rows(torch.utils.data.Dataset[Any]):
    """A data set as in many tutorials."""

    def __init__(self, encoded: Any, labels: list[int]) -> None:
        self.encoded, self.labels = encoded, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, at: int) -> dict[str, Any]:
        row = {name: torch.tensor(values[at]) for name, values in self.encoded.items()}
        return {**row, "labels": torch.tensor(self.labels[at])}


def test_a_data_set_of_ones_own(make: Any, tokenizer: Any) -> None:
    trainer, frame = make(table()), table()
    rows = Rows(tokenizer(frame["text"].tolist(), truncation=True, padding=True), frame["label"].tolist())
    trainer.train_dataset = trainer.eval_dataset = rows
    run = watched(trainer)
    assert given(run.predictions) == pytest.approx(probabilities(run, rows), abs=1e-6)
    assert run.predictions["correct"].dtype == bool
    with pytest.raises(RunError, match="type Rows"):
        run.predict(["a warm film"])


def test_several_evaluation_sets(make: Any) -> None:
    trainer = make(table(), eval_strategy="steps", eval_steps=1)
    rows = trainer.eval_dataset
    trainer.eval_dataset = {"easy": rows.select(range(8)), "hard": rows.select(range(8, 24))}
    run = watched(trainer)
    predictions = run.predictions
    assert predictions["evaluation_set"].tolist() == ["easy"] * 8 + ["hard"] * 16
    assert predictions["text"].tolist() == table()["text"].tolist()
    assert given(predictions) == pytest.approx(probabilities(run, rows), abs=1e-6)
    assert given(run.predict("hard")) == pytest.approx(probabilities(run, rows)[8:], abs=1e-6)


def test_a_dropped_last_batch_is_predicted_too(make: Any) -> None:
    options = {"per_device_eval_batch_size": 7, "dataloader_drop_last": True, "eval_strategy": "steps", "eval_steps": 1}
    run = watched(make(table(), **options))
    run.trainer.args.dataloader_drop_last = False
    assert given(run.predictions) == pytest.approx(probabilities(run, run.trainer.eval_dataset), abs=1e-6)


def test_soft_and_ignored_labels_end_nothing(make: Any) -> None:
    rows = table().assign(label=lambda frame: frame["label"].where(frame.index % 3 > 0, -100))
    run = watched(make(rows, eval_strategy="epoch", model_options={"num_labels": 2}))
    labels = run.predictions["label"]
    assert labels.isna().tolist() == (rows["label"] == -100).tolist()
    assert run.predictions["loss"].isna().tolist() == labels.isna().tolist()


def test_several_labels_without_a_problem_type(make: Any) -> None:
    labels = [[float(at % 2), float(at % 3 == 0), 0.0] for at in range(24)]
    rows = pd.DataFrame({"text": table()["text"], "labels": labels})
    run = watched(make(rows, model_options={"num_labels": 3}, eval_strategy="epoch"))
    assert run.stored.spec.task == "multi_label"
    assert len(run.predictions["label"][3]) == 2


def test_evaluation_rows_without_labels(make: Any) -> None:
    trainer = make(table())
    trainer.eval_dataset = trainer.eval_dataset.remove_columns("label")
    run = watched(trainer)
    assert list(run.predictions.columns[:3]) == ["text", "prediction", "probability"]


class Pairwise:
    """As TRL's RewardTrainer: a loss of two texts, and no table of outputs."""

    def prediction_step(self, model: Any, inputs: Any, prediction_loss_only: Any, ignore_keys: Any = None) -> Any:
        with torch.no_grad():
            return self.compute_loss(model, self._prepare_inputs(inputs)).detach(), None, None  # type: ignore[attr-defined]


def test_a_trainer_without_outputs_says_so(make: Any) -> None:
    from transformers import Trainer

    run = watched(make(table(), cls=type("PairwiseTrainer", (Pairwise, Trainer), {}), eval_strategy="epoch"))
    with pytest.raises(RunError) as refused:
        _ = run.predictions
    assert "failed" not in str(refused.value)
    assert "run.trainer.predict" in str(refused.value)


def test_something_else_than_a_trainer_is_refused(make: Any) -> None:
    from transformers import Trainer

    with pytest.raises(RunError, match=r"trainer = Trainer\(\.\.\.\)"):
        nbtrain.watch(Trainer)  # type: ignore[arg-type]
    with pytest.raises(RunError, match="type BertForSequenceClassification"):
        nbtrain.watch(make(table()).model)


def test_a_loaded_run_predicts_or_says_why_not(make: Any, tokenizer: Any) -> None:
    run = watched(make(table()))
    loaded = Run.load(run.directory)
    assert given(loaded.predict(table())) == pytest.approx(given(run.predict(table())), abs=1e-5)
    encode = PREPROCESS["cut on the left"](tokenizer)
    run = watched(make(table(), encode), preprocess=encode)
    with pytest.raises(RunError, match=r"trainer\.predict"):
        Run.load(run.directory).predict(table())


def test_nothing_is_said_of_labels_that_nobody_gave(make: Any) -> None:
    run = watched(make(table()))
    new = run.predict(table().drop(columns="label"))
    assert "correct" not in new
    assert np.isfinite(given(new)).all()

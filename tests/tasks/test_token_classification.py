"""Token classification: its columns, the labels of tokens, metrics of entities, and a run from the data to a script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

import nbtrain
from nbtrain.data.source import Source
from nbtrain.errors import DataError, RunError
from nbtrain.preprocessing.dataset import read
from nbtrain.tasks.entities import entities, entity_scores, entity_types
from nbtrain.tasks.token_classification import encode_words

TOKENS = [["the", "cat", "sees"], ["a", "dog"], ["one", "red", "bird", "likes"]] * 10
TAGS = [["O", "B-animal", "O"], ["O", "B-animal"], ["O", "B-animal", "I-animal", "O"]] * 10


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"tokens": TOKENS, "ner_tags": TAGS} | columns)


def refusal(rows: Any, **source: Any) -> str:
    with pytest.raises(DataError) as refused:
        read(Source(dataset=rows, **source))
    return str(refused.value)


@pytest.fixture(scope="session")
def tokenizer(tiny_model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


@pytest.mark.parametrize(
    ("rows", "text", "label"),
    [
        (frame(), "tokens", "ner_tags"),
        (frame(pos=TAGS, chunk=TAGS), "tokens", "ner_tags"),
        (frame().rename(columns={"tokens": "anything", "ner_tags": "whatever"}), "anything", "whatever"),
        (frame(sentence=[" ".join(words) for words in TOKENS]), "tokens", "ner_tags"),
    ],
    ids=["usual names", "several columns of tags", "other names", "next to a text"],
)
def test_its_columns_are_found(rows: pd.DataFrame, text: str, label: str) -> None:
    spec = read(Source(dataset=rows)).spec
    assert (spec.task, spec.inputs, spec.target) == ("token_classification", (text,), (label,))
    assert spec.labels == ("B-animal", "I-animal", "O")


def test_several_columns_of_tags_without_a_usual_name_are_asked_about() -> None:
    message = refusal(frame().rename(columns={"ner_tags": "one"}).assign(other=TAGS))
    assert "`one`, `other`" in message
    assert 'label = "one"' in message
    chosen = read(Source(dataset=frame().rename(columns={"ner_tags": "one"}).assign(other=TAGS), label=["other"]))
    assert chosen.spec.target == ("other",)


def test_classes_and_integers_are_tags() -> None:
    ids = [[("O", "B-animal", "I-animal").index(tag) for tag in row] for row in TAGS]
    plain = read(Source(dataset=frame(ner_tags=ids)))
    assert plain.spec.labels == (0, 1, 2)
    names = ["O", "B-animal", "I-animal"]
    features = Features({"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=names))})
    named = read(Source(dataset=Dataset.from_dict({"tokens": TOKENS, "ner_tags": ids}, features=features)))
    assert named.spec.labels == tuple(names)
    assert [each.tolist() for each in named.labels["train"]] == [each.tolist() for each in plain.labels["train"]]


@pytest.mark.parametrize("kind", ["label", "type", "entity_group"])
def test_spans_of_characters_are_tags(kind: str) -> None:
    texts = ["Anna lives in New York.", "no name here"] * 10
    spans = [
        [{"start": 0, "end": 4, kind: "person"}, {"start": 14, "end": 22, kind: "place"}] if at % 2 == 0 else []
        for at in range(20)
    ]
    data = read(Source(dataset=pd.DataFrame({"text": texts, "spans": spans})))
    spec = data.spec
    assert (spec.task, spec.inputs, spec.target) == ("token_classification", ("text",), ("spans",))
    assert spec.labels == ("O", "B-person", "I-person", "B-place", "I-place")
    first = data.labels["train"][data.splits["train"]["text"][:].index(texts[0])]
    assert [spec.labels[at] for at in first] == ["B-person", "O", "O", "B-place", "I-place", "O"]


def test_mistakes_are_named_with_their_place() -> None:
    cut = pd.DataFrame({"text": ["Anna lives"] * 10, "spans": [[{"start": 0, "end": 2, "label": "x"}]] * 10})
    assert "10 spans in `spans` begin or end inside a word" in refusal(cut)
    shorter = frame(ner_tags=[["O"], *TAGS[1:]])
    message = refusal(shorter, text=["tokens"], label=["ner_tags"], validation_split=0.1)
    assert "1 of 30 rows has another number of tags" in message
    assert "row 0: 1 tags, 3 words" in message
    unknown = frame(ner_tags=[["O", "B-plant", "O"], *TAGS[1:]])
    message = refusal(None, train=frame(), validation=unknown)
    assert message.startswith("validation: 1 of 30 rows has a tag")
    assert "B-plant" in message
    empty = frame(tokens=[[], *TOKENS[1:]], ner_tags=[[], *TAGS[1:]])
    message = refusal(empty)
    assert "1 of 30 rows has no word in column `tokens`" in message
    names: dict[str, Any] = {"df": empty}
    exec(message.partition("for example: ")[2], names)
    assert len(read(Source(dataset=names["df"])).splits["train"]) == 26
    blank = pd.DataFrame(
        {"text": [" ", None, *["Anna lives"] * 10], "spans": [[{"start": 0, "end": 4, "label": "x"}]] * 12}
    )
    message = refusal(blank)
    assert "2 of 12 rows have no word in column `text`" in message
    names = {"df": blank}
    exec(message.partition("for example: ")[2], names)
    assert len(names["df"]) == 10
    assert 'df["tokens"] = df["text"].str.split()' in refusal(
        pd.DataFrame({"text": ["a b"] * 9, "label": [0] * 9}), task="token_classification"
    )
    assert "all words have the same tag" in refusal(frame(ner_tags=[["O"] * len(row) for row in TOKENS]))


def test_a_word_is_learned_at_its_first_token(tokenizer: Any) -> None:
    words = [["the", "cat", "\u200d", "dog"], ["not-red", "bird"]]
    encoded = encode_words(words, [[1, 2, 3, 4], [5, 6]], tokenizer, 32)
    tokens = [tokenizer.convert_ids_to_tokens(ids) for ids in encoded["input_ids"]]
    assert tokens[0] == ["[CLS]", "the", "cat", "[UNK]", "dog", "[SEP]"], "a word without a token is unknown"
    assert encoded["labels"][0] == [-100, 1, 2, 3, 4, -100]
    assert tokens[1][1:4] == ["not", "[UNK]", "red"]
    assert encoded["labels"][1] == [-100, 5, -100, -100, 6, -100]
    cut = encode_words([["the"] * 9], [list(range(9))], tokenizer, 5)
    assert cut["labels"] == [[-100, 0, 1, 2, -100]]


def test_scores_are_those_of_seqeval() -> None:
    labels = ["O", "B-a", "I-a", "B-b"]
    true = np.array([[1, 2, 0, 3], [0, 3, -100, -100]])
    found = np.array([[1, 2, 0, 1], [0, 3, 1, 1]])
    scores = entity_scores(np.eye(4)[found], true, labels)
    assert scores == pytest.approx(
        {"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "f1_a": 2 / 3, "f1_b": 2 / 3, "accuracy": 5 / 6}
    )


def test_tags_of_no_entities_get_macro_averages() -> None:
    labels = ["ADJ", "NOUN", "VERB"]
    assert entity_types(labels) == []
    true, found = np.array([[0, 1, 2, -100]]), np.array([[0, 1, 1, 2]])
    scores = entity_scores(np.eye(3)[found], true, labels)
    assert scores == pytest.approx({"precision": 0.5, "recall": 2 / 3, "f1": (1 + 2 / 3) / 3, "accuracy": 2 / 3})


def test_every_kind_of_error_is_named() -> None:
    words = ["Ann", "in", "New", "York", "met", "Bob", "and", "the", "Red", "Sea", "team"]
    true = ["B-per", "O", "B-loc", "I-loc", "O", "B-per", "O", "O", "B-loc", "I-loc", "O"]
    found = ["B-per", "B-org", "B-loc", "O", "O", "B-loc", "O", "B-org", "I-org", "I-org", "O"]
    table = entities(pd.DataFrame({"tokens": [words], "label": [true], "prediction": [found]}), "tokens")
    rows = {row.text: (row.type, row.predicted, row.error) for row in table.fillna("").itertuples()}
    assert rows == {
        "Ann": ("per", "per", ""),
        "New York": ("loc", "loc", "boundary"),
        "Bob": ("per", "loc", "type"),
        "Red Sea": ("loc", "org", "type and boundary"),
        "in": ("", "org", "spurious"),
    }
    nothing = entities(pd.DataFrame({"tokens": [words], "label": [true], "prediction": [["O"] * 11]}), "tokens")
    assert list(nothing["error"]) == ["missed"] * 4


def test_from_a_frame_to_entities(tiny_model: Path, tmp_path: Path) -> None:
    keys: dict[str, Any] = {"model": str(tiny_model), "num_train_epochs": 25, "learning_rate": 5e-3, "use_cpu": True}
    run = nbtrain.finetune(
        train=frame(), validation=frame().head(6), class_weights="auto", output_dir=str(tmp_path / "run"),
        views=[], **keys,
    )  # fmt: skip
    assert {"f1", "precision", "recall", "accuracy", "f1_animal"} <= set(run.metrics.columns)
    assert run.metrics["f1"].iloc[-1] == 1.0, "what is always the same is learned"
    table = run.predictions
    assert list(map(list, table["prediction"])) == list(map(list, table["label"])) == TAGS[:6]
    assert table["correct"].all()
    assert list(run.entities["text"]) == ["cat", "dog", "red bird"] * 2
    for one in (run, nbtrain.Run.load(run.directory)):
        assert list(one.predict(["a dog", "the cat sees"])["prediction"]) == [TAGS[1], TAGS[0]]
        assert "label" not in one.predict([["a", "dog"]])
        assert list(one.predict(frame().head(2))["label"]) == TAGS[:2]
    notes = " ".join(run.state.prepared.notes if run.state.prepared else [])
    assert "([CLS])" in notes
    parts_of_speech = frame(ner_tags=[["X", "Y", "X", "Y"][: len(row)] for row in TOKENS])
    keys |= {"num_train_epochs": 1, "output_dir": str(tmp_path / "parts")}
    other = nbtrain.finetune(train=parts_of_speech, views=[], **keys)
    with pytest.raises(RunError, match=r"Use `run\.predictions`"):
        _ = other.entities


@pytest.mark.parametrize("way", ["guess", "preprocess"])
def test_a_watched_trainer(way: str, tiny_model: Path, tokenizer: Any, tmp_path: Path) -> None:
    from transformers import (
        AutoModelForTokenClassification,
        DataCollatorForTokenClassification,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    names = ["O", "B-animal", "I-animal"]
    rows = Dataset.from_dict({"tokens": TOKENS, "ner_tags": [[names.index(tag) for tag in row] for row in TAGS]})

    def align(batch: Any) -> Any:
        encoded = tokenizer(batch["tokens"], is_split_into_words=True, truncation=True)
        labels = []
        for row, tags in enumerate(batch["ner_tags"]):
            ids = encoded.word_ids(row)
            before = [None, *ids]
            pairs = zip(before, ids, strict=False)
            labels.append([-100 if at is None or at == last else tags[at] for last, at in pairs])
        return {**encoded, "labels": labels}

    def make() -> Trainer:
        set_seed(0)
        model = AutoModelForTokenClassification.from_pretrained(
            tiny_model, id2label=dict(enumerate(names)), ignore_mismatched_sizes=True
        )
        arguments = TrainingArguments(
            str(tmp_path / way), num_train_epochs=2, learning_rate=1e-2, use_cpu=True, report_to="none",
            eval_strategy="epoch", save_strategy="no",
        )  # fmt: skip
        data = rows.map(align, batched=True)
        collator = DataCollatorForTokenClassification(tokenizer)
        return Trainer(
            model, arguments, train_dataset=data, eval_dataset=data.select(range(8)), processing_class=tokenizer,
            data_collator=collator,
        )  # fmt: skip

    expected = make().train().training_loss
    watched = make()
    run = nbtrain.watch(watched, preprocess=align if way == "preprocess" else None, views=[])
    assert watched.train().training_loss == expected
    assert run.state.prepared is not None
    assert run.state.prepared.spec.labels == tuple(names)
    assert list(map(list, run.predictions["label"])) == TAGS[:8]
    assert len(run.metrics) == 2
    if way == "guess":
        with pytest.raises(RunError, match="preprocess="):
            run.predict(rows.to_pandas().head(2))
    else:
        again = run.predict(rows.to_pandas().head(8))
        assert list(map(list, again["prediction"])) == list(map(list, run.predictions["prediction"]))
        assert list(run.entities["text"][:3]) == ["cat", "dog", "red bird"]

"""Token classification: a tag for each word, such as the entity that it belongs to, or its part of speech.

The data have a column of lists of words and a column of lists of tags; or a column of texts and a column of lists of
spans, `{"start": 0, "end": 5, "label": "person"}` with positions of characters. The label of a word is learned at its
first token; its other tokens and the special tokens have the label -100, which the loss leaves out.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from nbtrain.data.chunks import chunks
from nbtrain.data.feature_types import FeatureType, describe_columns, enumerate_names, feature_type, rows_have
from nbtrain.data.questions import Question, ask, in_toml
from nbtrain.data.values import arrow_values, distinct, missing, name_of, sorted_labels
from nbtrain.data.words import (
    find_tags,
    find_words,
    is_span_column,
    is_word_column,
    refuse_missing,
    refuse_other_lengths,
    spans_of,
    split,
    tags_of_spans,
)
from nbtrain.errors import DataError
from nbtrain.tasks.base import EvaluationData, Task
from nbtrain.tasks.baselines import Constant, most_frequent
from nbtrain.tasks.entities import METRICS, OUTSIDE, TokenAnswers, entity_scores, entity_types, marked_entities
from nbtrain.tasks.scores import logits_of
from nbtrain.tasks.script import Script

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.data.source import Source
    from nbtrain.events import Label, Piece, TaskSpec

SPLITS = "split_texts"
"""Option in the `TaskSpec`: the rows are texts, which are split into words."""

MAX_SHOWN_TOKENS = 60
"""The record shows at most this many tokens of the first example."""

MAX_SHOWN_WORDS = 12
"""The note about the first example shows at most this many of its words."""


class TokenClassification(Task):
    """One output for each tag and token, with a softmax over the tags."""

    name = "token_classification"
    title = "a tag for each word: names, parts of speech"
    words = "token classification"
    example = ("tokens", "tags")
    has_demo = True
    template_values: ClassVar[Mapping[str, Any]] = {"learning_rate": 2e-4}
    auto_model = "AutoModelForTokenClassification"
    adapter_type = "TOKEN_CLS"
    output_shape = ("rows", "tokens", "outputs")
    aligns_labels = True
    max_inputs = 1
    weighted_loss = "WeightedLoss"
    metrics = METRICS

    def recognizes(self, train: Dataset, source: Source) -> bool:
        words = find_words(train, source.text)
        return words is not None and bool(find_tags(train, words, source.label))

    def find_columns(
        self, splits: Mapping[str, Dataset], source: Source, notes: list[str]
    ) -> tuple[Sequence[str], Sequence[str]]:
        train = splits["train"]
        for key, named in (("text", source.text), ("label", source.label)):
            refuse_missing(train, named, key)
        words = find_words(train, source.text)
        if words is None:
            raise DataError(_no_words(train, source.text))
        tags = find_tags(train, words, source.label)
        if not tags:
            raise DataError(_no_tags(train, words, source.label))
        if len(tags) > 1:
            why = f"Several columns have a tag for each word of `{words}`: {', '.join(f'`{name}`' for name in tags)}."
            raise DataError(ask(train, [Question("label", why, (tags[0],))]))
        found = [("text", words, source.text), ("label", tags[0], source.label)]
        if chosen := [f"{key} = {in_toml([column])}" for key, column, named in found if not named]:
            notes.append(f"Using columns: {', '.join(chosen)} (auto-detected).")
        for split_name in [name for name in ("train", "validation") if name in splits]:
            refuse_missing(splits[split_name], tags, "label", split_name)
            self.check_inputs(splits[split_name], [words], split_name)
        return [words], tags

    def check_inputs(self, rows: Dataset, inputs: Sequence[str], split: str) -> None:
        import pyarrow.compute as pc

        [column] = inputs
        refuse_missing(rows, inputs, "text", split)
        if not is_word_column(rows, column) and feature_type(rows.features[column]) is not FeatureType.TEXT:
            raise DataError(f"{split}: {_no_words(rows, [column])}")
        values, is_list = arrow_values(rows, column), is_word_column(rows, column)
        size = pc.list_value_length(values) if is_list else pc.utf8_length(pc.utf8_trim_whitespace(values))
        count = int((size.fill_null(0).to_numpy(zero_copy_only=False) == 0).sum())
        if count or (is_list and values.flatten().null_count):
            have = rows_have(count, len(rows)) if count else "A row has"
            what = f"no word in column `{column}`" if count else f"an empty word in column `{column}`"
            cells = f'df["{column}"]'
            kept = (
                f"{cells}.map(lambda words: len(words) > 0 and all(words))" if is_list else f'{cells}.str.strip() != ""'
            )
            fix = f'df = df.dropna(subset=["{column}"]); df = df[{kept}]'
            raise DataError(f"{split}: {have} {what}.\n    Remove these rows first, for example: {fix}")

    def cells_of(self, item: Any, number: int, inputs: Sequence[str]) -> Sequence[Any]:
        words = split(item) if isinstance(item, str) else item
        is_list = isinstance(words, (list, tuple)) and all(isinstance(word, str) for word in words)
        if not is_list or not words:
            raise DataError(f"Item {number} has no words: {item!r:.80}. Expected {self.example_of(inputs)}.")
        return [list(words)]

    def example_of(self, inputs: Sequence[str]) -> str:
        return 'a list of texts such as ["Anna lives in Paris."], or of lists of words'

    def inspect(self, train: Dataset, inputs: Sequence[str], target: Sequence[str], notes: list[str]) -> TaskSpec:
        if importlib.util.find_spec("seqeval") is None:
            raise DataError(
                'task = "token_classification" needs the package seqeval, which computes the metrics of entities.\n'
                '    Install it: pip install "nbtrain[tokens]"'
            )
        spec = super().inspect(train, inputs, target, notes)
        return spec if is_word_column(train, inputs[0]) else spec.with_options(**{SPLITS: True})

    def labels_of(self, train: Dataset, target: Sequence[str], notes: list[str]) -> Sequence[Label]:
        if len(target) > 1:
            columns = enumerate_names(target)
            msg = f'task = "token_classification" takes one label column, got {len(target)}: {columns}.'
            raise DataError(f'{msg}\n    For example: label = "{target[0]}"')
        [column] = target
        if is_span_column(train, column):
            types = {label for spans in spans_of(train, column) for _, _, label in spans}
            labels: list[Any] = ["O", *(f"{mark}-{name}" for name in sorted(types) for mark in "BI")]
        elif names := _class_names(train, column):
            labels = list(names)
        else:
            labels = sorted_labels(distinct(arrow_values(train, column).flatten())[0])
        if len(labels) < 2:
            msg = f"train: all words have the same tag in `{column}` ({enumerate_names(labels)})."
            raise DataError(f"{msg}\n    Set another label column, or add rows with other tags.")
        notes.append(f"Tags: {enumerate_names(f'{at} = {name}' for at, name in enumerate(labels))}.")
        return labels

    def unlabeled_mask(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        return missing(rows, spec.target[0])

    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[Any]:
        import numpy as np

        [words], [column] = spec.inputs, spec.target
        if is_span_column(rows, column):
            tags = tags_of_spans(rows, words, column, split)
        else:
            names = _class_names(rows, column)
            found = arrow_values(rows, column).to_pylist()
            tags = [[names[tag] if names and 0 <= tag < len(names) else name_of(tag) for tag in row] for row in found]
        ids = {name: at for at, name in enumerate(spec.label_names)}
        if unknown := sorted({tag for row in tags for tag in row if tag not in ids}):
            count = sum(any(tag not in ids for tag in row) for row in tags)
            msg = (
                f"{split}: {rows_have(count, len(rows))} a tag in `{column}` that does not occur in the training data: "
                f"{enumerate_names(unknown)}. Known tags: {enumerate_names(spec.label_names)}.\n"
                "    Remove or correct these rows."
            )
            raise DataError(msg)
        refuse_other_lengths(rows, words, column, tags, split)
        encoded = np.empty(len(tags), dtype=object)
        encoded[:] = [np.array([ids[tag] for tag in row], dtype=np.int64) for row in tags]
        return encoded

    def tokenize(
        self, batch: Mapping[str, list[Any]], labels: NDArray[Any] | None, tokenizer: Any, spec: TaskSpec
    ) -> tuple[dict[str, list[list[int]]], int]:
        if not getattr(tokenizer, "is_fast", False):
            raise DataError(
                'task = "token_classification" needs to know which tokens belong to a word, and this tokenizer does '
                "not tell.\n    Use a model with a fast tokenizer (one that has a `tokenizer.json`)."
            )
        words = [split(cell) if isinstance(cell, str) else list(cell) for cell in batch[spec.inputs[0]]]
        known = [[0] * len(row) for row in words] if labels is None else [row.tolist() for row in labels]
        encoded = encode_words(words, known, tokenizer, spec.options["max_length"])
        seen = (sum(label != -100 for label in row) for row in encoded["labels"])
        return encoded, sum(count < len(row) for count, row in zip(seen, words, strict=True))

    def explain(self, first: Mapping[str, list[int]], tokenizer: Any, spec: TaskSpec) -> list[str]:
        labels, tokens = first["labels"], tokenizer.convert_ids_to_tokens(first["input_ids"])
        shown = [
            f"{token} {spec.label_names[label]}" if label != -100 else f"({token})"
            for token, label in zip(tokens, labels, strict=True)
        ]
        more = ", ..." if len(shown) > MAX_SHOWN_WORDS else ""
        rule = "A word is learned at its first token; the tokens in parentheses do not count"
        return [f"{rule}. The first example: {', '.join(shown[:MAX_SHOWN_WORDS])}{more}."]

    def shown_example(self, first: Mapping[str, list[int]], tokenizer: Any, spec: TaskSpec) -> list[Piece]:
        tokens = tokenizer.convert_ids_to_tokens(first["input_ids"])
        names = ["" if label == -100 else spec.label_names[label] for label in first["labels"]]
        pairs = zip(tokens, names, strict=True)
        marked = ((token, "" if name == OUTSIDE else name, False) for token, name in pairs)
        return [piece for one in itertools.islice(marked, MAX_SHOWN_TOKENS) for piece in (one, (" ", "", False))]

    def shown_predictions(self, predictions: pd.DataFrame, spec: TaskSpec) -> list[list[Piece]]:
        if not entity_types(spec.label_names) or not spec.inputs:
            return []
        return marked_entities(predictions, spec.inputs[0])

    def collator(self, tokenizer: Any, model: Any) -> Any:
        from transformers import DataCollatorForTokenClassification

        return DataCollatorForTokenClassification(tokenizer)

    def default_metrics(self, spec: TaskSpec) -> list[str]:
        per_type = ["f1_per_type"] if entity_types(spec.label_names) else []
        return ["f1", "precision", "recall", "accuracy", *per_type]

    def answers(
        self, predictions: Any, label_ids: Any, spec: TaskSpec, of: EvaluationData | None = None
    ) -> TokenAnswers:
        import numpy as np

        return TokenAnswers(logits_of(predictions), np.asarray(label_ids), spec.label_names)

    def to_frame(
        self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec, of: EvaluationData | None = None
    ) -> pd.DataFrame:
        import numpy as np
        import pandas as pd
        from scipy.special import log_softmax

        labels = np.array(spec.labels, dtype=object)
        known = np.zeros(logits.shape[:2], dtype=np.int64) if label_ids is None else np.asarray(label_ids)
        columns: dict[str, list[Any]] = {"label": [], "prediction": [], "loss": [], "correct": []}
        for chunk in chunks(logits):
            with np.errstate(invalid="ignore"):  # a diverged model gives NaN, which the loss shows
                log_p = log_softmax(np.asarray(logits[chunk], dtype=np.float64), axis=2)
            best = log_p.argmax(axis=2)
            for row, ids in enumerate(known[chunk]):
                at = np.flatnonzero(ids != -100)
                columns["label"].append(labels[ids[at]].tolist())
                columns["prediction"].append(labels[best[row, at]].tolist())
                columns["loss"].append(float(-log_p[row, at, ids[at]].mean()) if len(at) else float("nan"))
                columns["correct"].append(bool((best[row, at] == ids[at]).all()))
        frame = pd.DataFrame(columns)
        return frame if label_ids is not None else frame[["prediction"]]

    def constant(self, learned: NDArray[Any], spec: TaskSpec) -> Constant:
        import numpy as np

        return most_frequent(np.concatenate(list(learned)), spec.shown_names)

    def script(self, spec: TaskSpec) -> Script:
        words, tags = (f"batch[{json.dumps(name, ensure_ascii=False)}]" for name in (*spec.inputs, *spec.target))
        splits = SPLITS in spec.options
        cells = f"[split(text) for text in {words}]" if splits else words
        return Script(
            labels=[
                tags,
                f"[[LABELS.index(tag) for tag in tags] for tags in {tags}]",
                f"[[LABELS.index(str(tag)) for tag in tags] for tags in {tags}]",
            ],
            encode=f"encode_words({cells}, labels, tokenizer, MAX_LENGTH)",
            scores=entity_scores,
            collator="DataCollatorForTokenClassification(tokenizer)",
            functions=(encode_words, entity_types, *([split] if splits else [])),
            imports={"typing": ("Any",), **({"re": ()} if splits else {})},
        )


TASK = TokenClassification()


def encode_words(
    words: list[list[str]], labels: list[list[int]], tokenizer: Any, max_length: int
) -> dict[str, list[list[int]]]:
    """The tokens of lists of words. The label of a word is that of its first token; all other tokens have -100.

    A word without any token, such as a lone joiner of emojis, is an unknown token, so that it has a label, too.
    """
    options = {"is_split_into_words": True, "truncation": True, "max_length": max_length}
    encoded = tokenizer(words, **options)
    visible = []
    for row, cell in enumerate(words):
        ids = [at for at in encoded.word_ids(row) if at is not None]
        is_cut = len(encoded["input_ids"][row]) >= max_length
        hidden = set(range(max(ids, default=-1) + 1 if is_cut else len(cell))) - set(ids)
        visible.append([tokenizer.unk_token or word if at in hidden else word for at, word in enumerate(cell)])
    if visible != words:
        encoded = tokenizer(visible, **options)
    aligned = []
    for row, known in enumerate(labels):
        ids = encoded.word_ids(row)
        is_first = [at is not None and at != before for before, at in zip([None, *ids], ids, strict=False)]
        aligned.append([known[at] if first else -100 for at, first in zip(ids, is_first, strict=True)])
    return {**encoded, "labels": aligned}


def _class_names(rows: Dataset, column: str) -> list[str]:
    """The names of tags that are stored as numbers; empty if there are none."""
    return list(getattr(getattr(rows.features[column], "feature", None), "names", None) or ())


def _no_words(rows: Dataset, named: Sequence[str] | None) -> str:
    what = f"column `{named[0]}` has no" if named else "no column has"
    return (
        f'task = "token_classification" needs lists of words, or texts with spans of characters; {what} such values. '
        f'Columns:\n{describe_columns(rows)}\n    To make words of a text: df["tokens"] = df["text"].str.split()'
    )


def _no_tags(rows: Dataset, words: str, named: Sequence[str] | None) -> str:
    what = f"column `{named[0]}` has not" if named else "no other column has"
    return (
        f'task = "token_classification" needs a tag for each word of `{words}`; {what} as many values in each row. '
        f"Columns:\n{describe_columns(rows)}\n"
        '    Set the columns of words and tags, for example: text = "tokens", then label = "ner_tags"'
    )

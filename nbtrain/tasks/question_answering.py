"""Extractive question answering: the part of a context that answers a question.

The data have a question, a context and answers: in the form of SQuAD, as texts with the characters at which they begin,
or as texts alone. A context that is longer than an input is read in windows that overlap; the answer of a row is the
best one of all of its windows. Rajpurkar et al. 2016 define the metrics, and 2018 questions without an answer.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from nbtrain.data.answers import (
    TEXT_NAMES,
    answer_spans,
    answers_in,
    is_number,
    is_squad,
    is_text,
    places,
    questions,
    spans_of,
)
from nbtrain.data.columns import check_text
from nbtrain.data.feature_types import describe_columns, quoted
from nbtrain.data.questions import in_toml
from nbtrain.data.values import arrow_values, missing
from nbtrain.data.words import refuse_missing
from nbtrain.errors import DataError
from nbtrain.tasks.answer_spans import (
    METRICS,
    SpanAnswers,
    answer_scores,
    best_spans,
    encode_questions,
    exact_match,
    last_of_question,
    normalized,
    references,
    stacked_logits,
    text_at,
    words_f1,
)
from nbtrain.tasks.base import EvaluationData, Task
from nbtrain.tasks.declared import MAX_SHOWN
from nbtrain.tasks.keys import Key
from nbtrain.tasks.script import Script
from nbtrain.tasks.texts import PREPARE, padded_on_the_right

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.data.source import Source
    from nbtrain.events import Label, Piece, TaskSpec

UNANSWERABLE = "unanswerable"
"""Option in the `TaskSpec`: the training data have questions without an answer."""


class QuestionAnswering(Task):
    """Two outputs for each token: whether the answer begins there, and whether it ends there."""

    name = "question_answering"
    title = "the part of a text that answers a question"
    words = "extractive question answering"
    example = ("question", "answers")
    has_demo = True
    template_values: ClassVar[Mapping[str, Any]] = {"learning_rate": 3e-4}
    auto_model = "AutoModelForQuestionAnswering"
    adapter_type = "QUESTION_ANS"
    has_classes = False
    takes_label_columns = True
    aligns_labels = True
    needs_order = True
    output_shape = ("rows", "tokens", "outputs")
    metrics = METRICS
    keys = (
        Key(
            "doc_stride",
            ("int",),
            None,
            "Tokens that neighbouring windows of a long context share. If omitted, a third of `max_length`.",
            low=0,
            changes_inputs=True,
        ),
        Key("max_answer_length", ("int",), 30, "An answer has at most this many tokens.", low=1),
    )
    unwatched = (
        "the Trainer's rows are windows of contexts, and nbtrain does not know which question and which characters "
        "they belong to"
    )

    def recognizes(self, train: Dataset, source: Source) -> bool:
        text, label = questions(train), places(train)
        is_named = source.text in (None, text) and source.label in (None, label)
        return len(text) == 2 and text[1] in ("context", "passage", "paragraph") and bool(label) and is_named

    def find_columns(
        self, splits: Mapping[str, Dataset], source: Source, notes: list[str]
    ) -> tuple[Sequence[str], Sequence[str]]:
        train = splits["train"]
        for key, named in (("text", source.text), ("label", source.label)):
            refuse_missing(train, named, key)
        text = list(source.text or questions(train))
        alone = [name for name in TEXT_NAMES if is_text(train, name) and name not in text]
        label = list(source.label or places(train) or alone[:1])
        label.sort(key=lambda name: is_number(train, name))  # the text of an answer, then its place
        if len(text) != 2 or not all(is_text(train, name) for name in text) or not _are_answers(train, label):
            raise DataError(_no_answers(train, text, label))
        chosen = [("text", text, source.text), ("label", label, source.label)]
        if found := [f"{key} = {in_toml(columns)}" for key, columns, named in chosen if not named]:
            notes.append(f"Using columns: {', '.join(found)} (auto-detected).")
        for split in [name for name in ("train", "validation") if name in splits]:
            refuse_missing(splits[split], label, "label", split)
            check_text(splits[split], text, split)
        return text, label

    def cells_of(self, item: Any, number: int, inputs: Sequence[str]) -> Sequence[Any]:
        is_pair = isinstance(item, (list, tuple)) and len(item) == 2 and all(isinstance(one, str) for one in item)
        if not is_pair:
            raise DataError(
                f"Item {number} is not a question with its context: {item!r:.80}. Expected {self.example_of(inputs)}."
            )
        return list(item)

    def example_of(self, inputs: Sequence[str]) -> str:
        return 'a list of questions with their contexts such as [("Who did it?", "Anna did it.")]'

    def inspect(self, train: Dataset, inputs: Sequence[str], target: Sequence[str], notes: list[str]) -> TaskSpec:
        spec = super().inspect(train, inputs, target, notes)
        spans = spans_of(train, inputs[1], target, "train")
        none = sum(not row for row in spans)
        if none == len(spans):
            raise DataError(f"train: no row has an answer in {quoted(target)}.\n    Add rows with answers.")
        if none:
            notes.append(f"{none:,} of {len(spans):,} questions have no answer: the model learns to say so.")
        if not is_squad(train, target[0]) and len(target) == 1:
            pairs = zip(
                arrow_values(train, inputs[1]).to_pylist(), arrow_values(train, target[0]).to_pylist(), strict=True
            )
            count = sum(context.count(answer) > 1 for context, answer in pairs if answer)
            where = f" {count:,} answers occur several times there." if count else ""
            notes.append(f"The first place of an answer in its context is learned.{where}")
        return spec.with_options(**{UNANSWERABLE: bool(none)})

    def labels_of(self, train: Dataset, target: Sequence[str], notes: list[str]) -> Sequence[Label]:
        return []

    def unlabeled_mask(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        import numpy as np

        empty = np.logical_or.reduce([missing(rows, name) for name in spec.target])
        if not empty.any() and not spec.options[UNANSWERABLE]:
            cells = arrow_values(rows, spec.target[0]).to_pylist()
            if not any(answer_spans([""], [cell], [0])[0] for cell in cells):  # hidden, as in test splits on the Hub
                return np.ones(len(rows), dtype=bool)
        return np.asarray(empty)

    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[Any]:
        import numpy as np

        spans = spans_of(rows, spec.inputs[1], spec.target, split)
        encoded = np.empty(len(spans), dtype=object)
        encoded[:] = [np.array(row, dtype=np.int64) for row in spans]
        return encoded

    def tokenize(
        self, batch: Mapping[str, list[Any]], labels: NDArray[Any] | None, tokenizer: Any, spec: TaskSpec
    ) -> tuple[dict[str, list[list[int]]], int]:
        if not getattr(tokenizer, "is_fast", False):
            raise DataError(
                'task = "question_answering" needs to know which characters a token has, and this tokenizer does not '
                "tell.\n    Use a model with a fast tokenizer (one that has a `tokenizer.json`)."
            )
        asked, contexts = (batch[name] for name in spec.inputs)
        spans = None if labels is None else [row.tolist() for row in labels]
        kept, shared = last_of_question(spec.options["max_length"], tokenizer), _stride(spec)
        if shared >= kept:
            raise DataError(
                f"doc_stride = {shared} leaves no room for new tokens in a window: at most {kept} tokens of a context "
                f"certainly fit into max_length = {spec.options['max_length']}.\n    Write doc_stride = {kept // 2}"
            )
        long = sum(len(ids) > kept for ids in tokenizer(asked, add_special_tokens=False, verbose=False)["input_ids"])
        return encode_questions(asked, contexts, spans, tokenizer, spec.options["max_length"], shared), long

    def prepared_processor(self, processor: Any, model_config: Any) -> Any:
        return padded_on_the_right(processor)  # numbers of tokens count from the left

    def explain(self, first: Mapping[str, Any], tokenizer: Any, spec: TaskSpec) -> list[str]:
        length = spec.options["max_length"]
        windows = f"A context that does not fit into {length} tokens is read in windows, which share {_stride(spec)}."
        if "start_positions" not in first:
            return [windows]
        learned = [token for token, what, _ in _marked_tokens(first, tokenizer) if what]
        if first["start_positions"] == first["no_answer"]:
            return [f"{windows} The first window has no answer: {learned[0]} is learned."]
        where = f"tokens {first['start_positions']} to {first['end_positions']}"
        return [f"{windows} The answer of the first example is {where}: {', '.join(learned)}."]

    def shown_example(self, first: Mapping[str, Any], tokenizer: Any, spec: TaskSpec) -> list[Piece]:
        if "start_positions" not in first:
            return []
        groups = itertools.groupby(_marked_tokens(first, tokenizer), key=lambda piece: piece[1])
        return [(f"{' '.join(token for token, *_ in part)} ", what, False) for what, part in groups]

    def shown_predictions(self, predictions: pd.DataFrame, spec: TaskSpec) -> list[list[Piece]]:
        if "label" not in predictions or any(name not in predictions for name in spec.inputs):
            return []
        some, (asked, context) = predictions.head(MAX_SHOWN), spec.inputs
        return [_marked_answer(row, row[asked], row[context]) for row in some.to_dict("records")]

    def num_outputs(self, spec: TaskSpec) -> int:
        return 2

    def reduce(self, spec: TaskSpec) -> Callable[[Any, Any], Any] | None:
        return stacked_logits

    def default_metrics(self, spec: TaskSpec) -> list[str]:
        return ["exact_match", "f1"]

    def answers(
        self, predictions: Any, label_ids: Any, spec: TaskSpec, of: EvaluationData | None = None
    ) -> SpanAnswers:
        assert of is not None
        assert of.rows is not None
        contexts = arrow_values(of.rows, spec.inputs[1]).to_pylist()
        scores_of = functools.partial(answer_scores, predictions, of.encoded, contexts, **_options(spec))
        return SpanAnswers(predictions, scores_of)

    def to_frame(
        self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec, of: EvaluationData | None = None
    ) -> pd.DataFrame:
        import numpy as np
        import pandas as pd

        assert of is not None
        assert of.rows is not None
        contexts = arrow_values(of.rows, spec.inputs[1]).to_pylist()
        with np.errstate(invalid="ignore"):  # a diverged model gives NaN
            found = best_spans(logits, of.encoded, **_options(spec))
        texts = [text_at(context, start, end) for context, (start, end, _) in zip(contexts, found, strict=True)]
        columns: dict[str, list[Any]] = {
            "prediction": texts,
            "start": [start for start, *_ in found],
            "probability": [probability for *_, probability in found],
        }
        if "spans" not in of.encoded.column_names:
            return pd.DataFrame(columns)
        known = references(of.encoded, contexts)
        return pd.DataFrame(
            {
                "label": [(row or [""])[0] for row in known],
                **columns,
                "f1": [words_f1(*pair) for pair in zip(texts, known, strict=True)],
                "correct": [exact_match(*pair) == 1 for pair in zip(texts, known, strict=True)],
            }
        )

    def script(self, spec: TaskSpec) -> Script:
        asked, context, *answers = (json.dumps(name, ensure_ascii=False) for name in (*spec.inputs, *spec.target))
        cells = ", ".join(f"batch[{name}]" for name in (context, *answers))
        options = ", ".join(f"{name}={value}" for name, value in _options(spec).items())
        return Script(
            labels=[f"answer_spans({cells})"],
            encode=f"encode_questions(batch[{asked}], batch[{context}], labels, tokenizer, MAX_LENGTH, DOC_STRIDE)",
            constants={"DOC_STRIDE": _stride(spec)},
            scores=answer_scores,
            scores_of=[
                "prediction.predictions",
                'splits["validation"]',
                f'data["validation"][{context}]',
                options,
            ],
            prepare=PREPARE,
            reduce=stacked_logits.__name__,
            functions=(
                padded_on_the_right,
                answers_in,
                answer_spans,
                last_of_question,
                encode_questions,
                stacked_logits,
                best_spans,
                text_at,
                normalized,
                exact_match,
                words_f1,
                references,
            ),
            imports={
                "typing": ("Any",),
                "collections": ("Counter",),
                "collections.abc": ("Iterable", "Mapping", "Sequence"),
                **dict.fromkeys(("bisect", "copy", "re", "string"), ()),
            },
        )


TASK = QuestionAnswering()


def _marked_tokens(first: Mapping[str, Any], tokenizer: Any) -> list[Piece]:
    """The tokens of an input; those of the answer are marked."""
    learned = range(first["start_positions"], first["end_positions"] + 1)
    what = "no answer" if first["start_positions"] == first["no_answer"] else "answer"
    tokens = tokenizer.convert_ids_to_tokens(first["input_ids"])
    return [(token, what if at in learned else "", False) for at, token in enumerate(tokens)]


def _marked_answer(row: Mapping[Any, Any], asked: str, context: str) -> list[Piece]:
    """A question, and its context in which the answer is marked, with what is right if it is wrong."""
    should = "" if row["correct"] else f", should be {row['label'] or 'none'}"
    start, end = row["start"], row["start"] + len(row["prediction"])
    if start < 0:
        return [(f"{asked} ", "", False), ("(no answer)", f"answer{should}", bool(should)), (f" {context}", "", False)]
    before, after = (f"{asked} {context[:start]}", "", False), (context[end:], "", False)
    return [before, (context[start:end], f"answer{should}", bool(should)), after]


def _options(spec: TaskSpec) -> dict[str, Any]:
    """The options of `best_spans`."""
    return {"longest": spec.options["max_answer_length"], "unanswerable": spec.options[UNANSWERABLE]}


def _stride(spec: TaskSpec) -> int:
    """Tokens that neighbouring windows share."""
    given, length = spec.options["doc_stride"], spec.options["max_length"]
    return int(length // 3 if given is None else given)


def _are_answers(rows: Dataset, label: Sequence[str]) -> bool:
    """Whether columns are one of the forms of answers."""
    if len(label) == 2:
        return is_text(rows, label[0]) and is_number(rows, label[1])
    return len(label) == 1 and (is_squad(rows, label[0]) or is_text(rows, label[0]))


def _no_answers(rows: Dataset, text: Sequence[str], label: Sequence[str]) -> str:
    has_texts = len(text) == 2 and all(is_text(rows, name) for name in text)
    lacks = "answers" if has_texts else "a question and its context"
    given = label if has_texts else text
    found = f"{quoted(given)} {'has' if len(given) == 1 else 'have'} not" if given else "no column is called so"
    fix = 'text = ["question", "context"], then label = "answers"'
    return (
        f'task = "question_answering" needs two columns of text, a question and its context, and answers: in the form '
        f'of SQuAD {{"text": ["Anna"], "answer_start": [0]}}, texts with the characters at which they begin, or texts '
        f"alone. For {lacks}, {found} this form. Columns:\n{describe_columns(rows)}\n    Set them, for example: {fix}"
    )

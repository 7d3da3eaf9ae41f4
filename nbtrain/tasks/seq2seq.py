"""Sequence to sequence: a model with an encoder and a decoder reads a text and writes another one, such as a summary, a
translation, or the same date in another notation.

The labels are the tokens of the target. An evaluation has the model write (`predict_with_generate`), and compares what
it writes with the targets.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nbtrain.data.columns import check_text
from nbtrain.data.feature_types import plural
from nbtrain.data.questions import in_toml
from nbtrain.data.text_to_text import check_target, input_and_target, known_pair, split_languages, translations
from nbtrain.data.values import arrow_values, missing
from nbtrain.data.words import refuse_missing
from nbtrain.errors import DataError
from nbtrain.tasks.base import EvaluationData, Task
from nbtrain.tasks.declared import MAX_SHOWN
from nbtrain.tasks.generation import written_line
from nbtrain.tasks.keys import Key
from nbtrain.tasks.language_model import TokenSums, language_scores, token_sums
from nbtrain.tasks.scores import logits_of
from nbtrain.tasks.script import Script
from nbtrain.tasks.texts import tokenize_texts
from nbtrain.tasks.written_texts import METRICS, WRITES, WrittenTexts, decoded, text_scores, written_scores

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray
    from transformers import PreTrainedConfig

    from nbtrain.data.source import Source
    from nbtrain.events import Label, Piece, TaskSpec

LENGTH = "generation_max_length"

NO_TABLE = (
    "There are no predictions, because an evaluation has the model write nothing (`predict_with_generate` is false).\n"
    "    Set predict_with_generate = true."
)


@dataclass(frozen=True)
class Collator:
    """Pads as `collate` does, and leaves out what it makes of nothing: labels of rows without a target."""

    collate: Callable[[list[Any]], Mapping[str, Any]]

    def __call__(self, rows: list[Any]) -> dict[str, Any]:
        """The batch."""
        return {name: values for name, values in self.collate(rows).items() if values is not None}


class Seq2Seq(Task):
    """A text that is written after another one was read."""

    name = "seq2seq"
    title = "a text from a text: summaries, translations"
    words = "sequence to sequence learning"
    example = ("document", "summary")
    example_models = ("demo-t5", "google-t5/t5-small")
    needed_model = "an encoder with a decoder"
    has_demo = True
    template_values: ClassVar[Mapping[str, Any]] = {
        "num_train_epochs": 8,
        "learning_rate": 3e-3,
        "per_device_train_batch_size": 16,
        LENGTH: 24,
        "metrics": ["exact_match"],
    }
    max_inputs = 1
    has_classes = False
    auto_model = "AutoModelForSeq2SeqLM"
    trainer = "Seq2SeqTrainer"
    arguments = "Seq2SeqTrainingArguments"
    argument_defaults: ClassVar[Mapping[str, Any]] = {WRITES: True, LENGTH: 128}
    argument_options = (WRITES, LENGTH)
    has_new_head = False
    adapter_type = "SEQ_2_SEQ_LM"
    often_adapted = True
    outputs_vocabulary = True
    output_shape = ("rows", "tokens", "outputs")
    aligns_labels = True
    metrics = METRICS
    keys = (
        Key(
            "prefix",
            ("str",),
            "",
            'Text before each input, as T5 was trained with: "summarize: ".',
            changes_inputs=True,
        ),
        Key(
            "max_target_length",
            ("int",),
            None,
            "Targets are truncated to this many tokens; by default to `generation_max_length` - 1.",
            low=2,
            changes_inputs=True,
        ),
    )

    def recognizes(self, train: Dataset, source: Source) -> bool:
        text, label = list(source.text or ()), list(source.label or ())
        pair = known_pair(train)
        if pair and text in ([], pair[:1]) and label in ([], pair[1:]):
            return True
        return not text and not label and bool(translations(train))

    def find_columns(
        self, splits: Mapping[str, Dataset], source: Source, notes: list[str]
    ) -> tuple[Sequence[str], Sequence[str]]:
        train = splits["train"]
        for key, named in (("text", source.text), ("label", source.label)):
            refuse_missing(train, named, key)
            if len(named or ()) > 1:
                example = in_toml((named or ())[:1])
                raise DataError(f'task = "seq2seq" takes one column as `{key}`.\n    For example: {key} = {example}')
        if (together := translations(train)) and {*(source.text or together)} == {*together} and not source.label:
            raise DataError(split_languages(train, together[0], source.dataset))
        text, label = input_and_target(train, source)
        chosen = [("text", text, source.text), ("label", label, source.label)]
        if found := [f"{key} = {in_toml([name])}" for key, name, named in chosen if not named]:
            notes.append(f"Using columns: {', '.join(found)} (auto-detected).")
        if text == label:
            raise DataError(
                f"Column `{text}` is both text and label: the model would learn to repeat it.\n    Change one."
            )
        for split in [name for name in ("train", "validation") if name in splits]:
            check_text(splits[split], [text], split)
            refuse_missing(splits[split], [label], "label", split)
            check_target(splits[split], label, split)
        return [text], [label]

    def labels_of(self, train: Dataset, target: Sequence[str], notes: list[str]) -> Sequence[Label]:
        return []

    def unlabeled_mask(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        return missing(rows, spec.target[0])

    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[Any]:
        import numpy as np

        check_target(rows, spec.target[0], split)
        targets = np.empty(len(rows), dtype=object)
        targets[:] = arrow_values(rows, spec.target[0]).to_pylist()
        return targets

    def tokenize(
        self, batch: Mapping[str, list[Any]], labels: NDArray[Any] | None, tokenizer: Any, spec: TaskSpec
    ) -> tuple[dict[str, list[list[int]]], int]:
        [column] = spec.inputs
        prefix = spec.options["prefix"]
        texts = {column: [f"{prefix}{text}" for text in batch[column]]}
        encoded, too_long = tokenize_texts(texts, spec.inputs, tokenizer, spec.options["max_length"])
        if labels is not None:
            encoded["labels"] = encode_targets(labels.tolist(), tokenizer, _target_length(spec))
        return encoded, too_long

    def encoded_notes(self, encoded: Dataset, split: str, spec: TaskSpec) -> list[str]:
        import pyarrow.compute as pc

        if "labels" not in encoded.column_names:
            return []
        limit = _target_length(spec)
        lengths = pc.list_value_length(arrow_values(encoded, "labels")).to_numpy(zero_copy_only=False)
        if not (count := int((lengths >= limit).sum())):
            return []
        reach = "reaches" if count == 1 else "reach"
        return [
            f"{split}: {count:,} of {plural(len(encoded), 'target')} {reach} the limit of {limit} tokens; longer ones "
            f"are truncated. To allow more: {LENGTH} = {2 * (limit + 1)}."
        ]

    def shown_example(self, first: Mapping[str, list[int]], tokenizer: Any, spec: TaskSpec) -> list[Piece]:
        read, learned = (tokenizer.decode(first.get(name, [])) for name in ("input_ids", "labels"))
        return [(f"{read} ", "", False), (learned, "learned", False)]

    def shown_predictions(self, predictions: pd.DataFrame, spec: TaskSpec) -> list[list[Piece]]:
        [column] = spec.inputs or ("",)
        if column not in predictions or "reference" not in predictions:
            return []
        some = predictions.head(MAX_SHOWN)
        lines = zip(*(some[name] for name in (column, "generated", "reference", "correct")), strict=True)
        return [
            written_line(text, written, "" if correct else reference, is_wrong=not correct)
            for text, written, reference, correct in lines
        ]

    def suits(self, model_config: PreTrainedConfig) -> bool:
        return bool(getattr(model_config, "is_encoder_decoder", False))

    def num_outputs(self, spec: TaskSpec) -> int:
        return 0

    def model_options(self, spec: TaskSpec) -> dict[str, Any]:
        return {}

    def fits(self, shape: tuple[int, ...], rows: int, spec: TaskSpec) -> bool:
        return bool(spec.options.get(WRITES)) and len(shape) == 2 and shape[0] == rows

    def collator(self, tokenizer: Any, model: Any) -> Any:
        from transformers import DataCollatorForSeq2Seq

        # The model makes the decoder's inputs. Most models do so from labels by themselves, but they get none where the
        # Trainer computes the loss: with `label_smoothing_factor` or `compute_loss_func`.
        return Collator(DataCollatorForSeq2Seq(tokenizer, model=model))

    def reduce(self, spec: TaskSpec) -> Callable[[Any, Any], Any] | None:
        return None if spec.options[WRITES] else token_sums

    def why_no_predictions(self, spec: TaskSpec) -> str:
        return "" if spec.options.get(WRITES) else NO_TABLE

    def default_metrics(self, spec: TaskSpec) -> list[str]:
        return ["exact_match", "rougeL"] if spec.options.get(WRITES) else ["perplexity", "accuracy"]

    def answers(self, predictions: Any, label_ids: Any, spec: TaskSpec, of: EvaluationData | None = None) -> Any:
        import numpy as np

        if not spec.options[WRITES]:
            return TokenSums(np.asarray(predictions, dtype=np.float64))
        tokenizer = _tokenizer(of)
        return WrittenTexts(decoded(logits_of(predictions), tokenizer), decoded(label_ids, tokenizer))

    def to_frame(
        self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec, of: EvaluationData | None = None
    ) -> pd.DataFrame:
        import pandas as pd

        tokenizer = _tokenizer(of)
        generated = decoded(logits, tokenizer)
        if label_ids is None:
            return pd.DataFrame({"generated": generated})
        references = decoded(label_ids, tokenizer)
        correct = [one == other for one, other in zip(generated, references, strict=True)]
        return pd.DataFrame({"reference": references, "generated": generated, "correct": correct})

    def script(self, spec: TaskSpec) -> Script:
        [text], [target] = ([f"batch[{json.dumps(name, ensure_ascii=False)}]"] for name in (*spec.inputs, *spec.target))
        prefix = spec.options["prefix"]
        texts = f"[{json.dumps(prefix, ensure_ascii=False)} + text for text in {text}]" if prefix else text
        inputs = f"tokenizer({texts}, truncation=True, max_length=MAX_LENGTH)"
        labels = "encode_targets(labels, tokenizer, MAX_TARGET_LENGTH)"
        writes = spec.options[WRITES]
        return Script(
            labels=[target],
            encode=f'{{**{inputs}, "labels": {labels}}}',
            scores=written_scores if writes else language_scores,
            scores_of=["prediction.predictions", *(["prediction.label_ids", "tokenizer", "names"] if writes else [])],
            collator="DataCollatorForSeq2Seq(tokenizer, model=model)",
            constants={"MAX_TARGET_LENGTH": _target_length(spec)},
            functions=(encode_targets, *((decoded, text_scores) if writes else (token_sums,))),
            reduce="" if writes else token_sums.__name__,
            imports={"typing": ("Any",), **({} if writes else {"math": (), "torch": ()})},
        )


TASK = Seq2Seq()


def encode_targets(targets: list[str], tokenizer: Any, max_length: int) -> list[list[int]]:
    """The labels: the tokens of targets. Batches pad them with -100, which the loss leaves out."""
    encoded = tokenizer(text_target=targets, truncation=True, max_length=max_length)
    return [list(ids) for ids in encoded["input_ids"]]


def _target_length(spec: TaskSpec) -> int:
    """The tokens of a target; what the model writes begins with one more.

    Raises:
        DataError: Targets are longer than what the model may write.
    """
    named, writes = spec.options["max_target_length"], spec.options[LENGTH] or Seq2Seq.argument_defaults[LENGTH]
    if named is None:
        return max(1, int(writes) - 1)
    if spec.options[WRITES] and named >= writes:
        raise DataError(
            f"max_target_length = {named}: the model could not write such targets with {LENGTH} = {writes}.\n"
            f"    Write {LENGTH} = {named + 1}."
        )
    return int(named)


def _tokenizer(of: EvaluationData | None) -> Any:
    if of is None or not hasattr(of.processor, "batch_decode"):
        raise DataError("This Trainer has no tokenizer. Create it with Trainer(..., processing_class=tokenizer).")
    return of.processor

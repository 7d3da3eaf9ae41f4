"""The keys of nbtrain itself, beside those of `TrainingArguments`. One line of help each; this is the only list of them."""

from __future__ import annotations

from nbtrain.config.fields import Field


def _key(
    name: str, kinds: str, help: str, *, default: object = None, low: float | None = None, above: float | None = None
) -> Field:
    return Field(name, tuple(kinds.split()), default, help, optional=default is None, own=True, low=low, above=above)


OWN_KEYS = (
    _key(
        "model",
        "str object",
        'Model to fine-tune: a hub id, a folder, "demo" (small weights that come with `nbtrain[demo]`), or "$model".',
    ),
    _key(
        "tokenizer", "str object", 'Tokenizer, where it is not the model\'s own: a hub id, a folder, or "$tokenizer".'
    ),
    _key(
        "dataset",
        "str object",
        'Data set with its splits: a hub id ("glue/mrpc"), a folder, a file, "demo", or "$dataset".',
    ),
    _key(
        "train",
        "str object",
        'Training split, where there is no `dataset`: a CSV, TSV, JSON, JSON Lines or Parquet file, or "$train_df".',
    ),
    _key("validation", "str object", "Split that is evaluated; cut off the training split where it is missing."),
    _key("test", "str object", "Test split; it is only kept for `run.predict`."),
    _key(
        "text",
        "str list",
        "Text column, or the columns of a sentence pair; found by name and type where it is not given.",
    ),
    _key(
        "label",
        "str list",
        "Label column, or the 0/1 columns of several labels; found by name and type where it is not given.",
    ),
    _key("task", "str", "Task; found from the labels where it is not given."),
    _key(
        "metrics",
        "str list",
        'Metrics of each evaluation: names such as "accuracy" and "f1", or "glue/mrpc"; the task\'s own by default.',
    ),
    _key("compute_metrics", "object", 'Function for the metrics, as for the Trainer: "$compute_metrics".'),
    _key("max_length", "int", "Longest input in tokens; longer ones are truncated, and counted.", low=2),
    _key(
        "validation_split",
        "float",
        "Share of the training split that becomes the validation split where there is none.",
        default=0.1,
        above=0,
    ),
    _key("max_train_samples", "int", "Train on this many examples only.", low=1),
    _key("max_eval_samples", "int", "Evaluate this many examples only.", low=1),
    _key(
        "early_stopping_patience",
        "int",
        "Stop when `metric_for_best_model` has not improved for this many evaluations.",
        low=1,
    ),
    _key("callbacks", "list object", 'Callbacks for the Trainer: "$callback" or "$callbacks".'),
    _key("data_collator", "object", 'Data collator, in place of dynamic padding: "$collator".'),
    _key("trainer_class", "object", 'Subclass of `Trainer` to train with: "$MyTrainer".'),
)

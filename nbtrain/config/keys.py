"""The keys of nbtrain itself, beside those of `TrainingArguments`. This is the only list of them."""

from __future__ import annotations

from nbtrain.config.fields import Field

# fmt: off
_TABLE: tuple[tuple[str, str, str], ...] = (
    ("model", "str object", 'Model to fine-tune: a hub id, a folder, "demo" (of `nbtrain[demo]`), or "$model".'),
    ("tokenizer", "str object", "Tokenizer, where it is not the model's own: a hub id, a folder, or \"$tokenizer\"."),
    ("dataset", "str object", 'Data set with its splits: a hub id ("glue/mrpc"), folder, file, "demo", or "$data".'),
    ("train", "str object", 'Training split, in place of `dataset`: a CSV, TSV, JSON(L) or Parquet file, or "$df".'),
    ("validation", "str object", "Split that is evaluated; cut off the training split where it is missing."),
    ("test", "str object", "Test split; it is only kept for `run.predict`."),
    ("text", "str list", "Text column, or the columns of a sentence pair; found by name and type if not given."),
    ("label", "str list", "Label column, or the 0/1 columns of several labels; found by name and type if not given."),
    ("task", "str", "Task; found from the labels if not given."),
    ("metrics", "str list", 'Metrics: such as "accuracy" and "f1", or "glue/mrpc"; by default the task\'s.'),
    ("compute_metrics", "object", 'Function for the metrics, as for the Trainer: "$compute_metrics".'),
    ("max_length", "int", "Longest input in tokens; longer ones are truncated, and counted."),
    ("validation_split", "float", "Share of the training split that becomes the validation split where there is none."),
    ("max_train_samples", "int", "Train on this many examples only."),
    ("max_eval_samples", "int", "Evaluate this many examples only."),
    ("early_stopping_patience", "int", "Stop when `metric_for_best_model` has not improved for this many evaluations."),
    ("callbacks", "list object", 'Callbacks for the Trainer: "$callback", or a list of such names.'),
    ("data_collator", "object", 'Data collator, in place of dynamic padding: "$collator".'),
    ("trainer_class", "object", 'Subclass of `Trainer` to train with: "$MyTrainer".'),
    ("speed", "str", '"auto" is faster, the same up to rounding and batch order; "exact" is a plain Trainer.'),
)
# fmt: on

_REQUIRED = ("model", "validation_split", "speed")
_DEFAULTS = {"validation_split": 0.1, "speed": "auto"}
_CHOICES = {"speed": ("auto", "exact")}
_LEAST = {"max_length": 2, "max_train_samples": 1, "max_eval_samples": 1, "early_stopping_patience": 1}

OWN_KEYS = tuple(
    Field(
        name=name,
        kinds=tuple(kinds.split()),
        default=_DEFAULTS.get(name),
        help=help,
        choices=_CHOICES.get(name, ()),
        optional=name not in _REQUIRED,
        own=True,
        low=_LEAST.get(name),
        above=0 if name == "validation_split" else None,
    )
    for name, kinds, help in _TABLE
)

"""nbtrain's own keys, in addition to those of `TrainingArguments`. This is the only list of them."""

from __future__ import annotations

from nbtrain.config.fields import Field

# fmt: off
_TABLE: tuple[tuple[str, str, str], ...] = (
    ("model", "str object", 'Model: a Hub ID, a folder, "$model"; offline "demo", "demo-t5", "demo-vit" or "demo-lm".'),
    ("tokenizer", "str object", 'Tokenizer, if not the one of the model: a Hub ID, a folder, or "$tokenizer".'),
    ("dataset", "str object", 'Dataset with its splits: a Hub ID ("glue/mrpc"), a folder, a file, "demo", or "$data".'),
    ("train", "str object", 'Training data, instead of `dataset`: a CSV, TSV, JSON(L), Parquet, Excel file, or "$df".'),
    ("validation", "str object", "Validation data. If omitted, `validation_split` of the training data is held out."),
    ("test", "str object", 'Test data, used only by `run.predict("test")`.'),
    ("text", "str list", "Column of texts or of lists of words, or the columns of a sentence pair. If omitted, found."),
    ("label", "str list", "Label column, or several 0/1 columns. If omitted, found by name and type."),
    ("task", "str", "Task. If omitted, found from the columns."),
    ("metrics", "str list", 'Metrics, such as "accuracy" and "f1", or "glue/mrpc". If omitted, those of the task.'),
    ("baselines", "bool", "Compare with answers that need no model: the most frequent label, and word counts."),
    ("compute_metrics", "object", 'Function that computes the metrics, as the Trainer takes it: "$compute_metrics".'),
    ("max_length", "int", "Maximum input length in tokens. Longer inputs are truncated, and counted."),
    ("validation_split", "float", "Fraction of the training data that is held out if there is no validation data."),
    ("max_train_samples", "int", "Train on at most this many examples."),
    ("max_eval_samples", "int", "Evaluate on at most this many examples."),
    ("early_stopping_patience", "int", "Stop when `metric_for_best_model` has not improved for this many evaluations."),
    ("track_train_examples", "bool", "Record how each training example goes over the epochs: `run.train_dynamics`."),
    ("callbacks", "list object", 'Callbacks for the Trainer: "$callback", or a list of such names.'),
    ("data_collator", "object", 'Data collator, instead of dynamic padding: "$collator".'),
    ("trainer_class", "object", 'Subclass of `Trainer` to train with, or a `functools.partial` of one: "$MyTrainer".'),
    ("class_weights", "str list dict", 'Weights of classes in the loss: "auto", a number for each, or {spam = 5}.'),
    ("compute_loss_func", "object", 'Function that computes the loss, as the Trainer takes it: "$compute_loss".'),
    ("lora_r", "int", "Rank of LoRA's matrices: train few weights next to those of the model, which stay (PEFT)."),
    ("lora_alpha", "int float", "Scale of LoRA's changes, divided by `lora_r`. If omitted, 2 x `lora_r`."),
    ("lora_dropout", "float", "Dropout before LoRA's matrices."),
    ("lora_target_modules", "str list", "Layers that get LoRA's matrices. If omitted, all linear ones but the head."),
    ("speed", "str", '"auto": faster; only rounding and batch order differ. "exact": identical to a plain Trainer.'),
)
# fmt: on

SPLITS = ("train", "validation", "test")
"""Keys with the data of one split."""

_REQUIRED = ("model", "validation_split", "baselines", "track_train_examples", "lora_dropout", "speed")
_DEFAULTS = {
    "validation_split": 0.1,
    "baselines": True,
    "track_train_examples": False,
    "lora_dropout": 0.0,
    "speed": "auto",
}
_CHOICES = {"speed": ("auto", "exact"), "class_weights": ("auto", "balanced")}
_MIN = {"max_length": 2, "max_train_samples": 1, "max_eval_samples": 1, "early_stopping_patience": 1, "lora_r": 1}
_MIN |= {"lora_dropout": 0}
_ABOVE = {"validation_split": 0, "lora_alpha": 0}
_BELOW = {"validation_split": 1, "lora_dropout": 1}

OWN_KEYS = tuple(
    Field(
        name=name,
        kinds=tuple(kinds.split()),
        default=_DEFAULTS.get(name),
        help=help,
        choices=_CHOICES.get(name, ()),
        optional=name not in _REQUIRED,
        own=True,
        low=_MIN.get(name),
        above=_ABOVE.get(name),
        below=_BELOW.get(name),
    )
    for name, kinds, help in _TABLE
)

"""The schema as text: for `%finetune --help`, the README and starter cells."""

from __future__ import annotations

import re
import textwrap
from html import escape

from nbtrain.config.fields import Field
from nbtrain.config.schema import schema
from nbtrain.config.task_keys import MAX_NAMED
from nbtrain.config.toml.writing import toml_value
from nbtrain.format import listed, shorten

DEFAULT_TASK = "text_classification"
"""The task of the demo data if no task is named."""

TEMPLATE_KEYS = (
    "num_train_epochs",
    "learning_rate",
    "per_device_train_batch_size",
    "warmup_steps",
    "weight_decay",
    "seed",
)
"""The hyper-parameters that people change first."""


MAIN_KEYS = (
    "model",
    "dataset",
    "train",
    "text",
    "label",
    "metrics",
    "num_train_epochs",
    "learning_rate",
    "per_device_train_batch_size",
    "max_length",
    "max_train_samples",
    "early_stopping_patience",
)
"""The keys that people need first, for the short help and as the first ones in completion."""

GROUPS: tuple[tuple[str, str], ...] = (
    ("Data", r"model|tokenizer|dataset|train|validation.*|test|text|label|task|max_.*samples|max_length|(data_)?seed"),
    ("Evaluation", r".*eval_(?!batch).*|do_eval|.*metric.*|greater_is_better|load_best.*|early_stopping.*|track_.*"),
    ("Saving and logging", r"save.*|log.*|report_to|output_dir|run_name|disable_tqdm|hub.*|push.*|trackio.*|project"),
    ("Adapters", r"lora_.*"),
    (
        "Training",
        r"num_train.*|learning_rate|per_device.*|max_steps|warmup.*|lr_.*|weight_decay|optim.*|adam.*|max_grad_norm|"
        r"label_smoothing.*|gradient.*|class_weights|speed|callbacks|data_collator|trainer_class|compute_loss_func|bf16|"
        r"fp16|neftune.*|train_sampling.*|dataloader.*|use_cpu",
    ),
)
"""Title and names of each group, as a pattern, in the order of the help; the first that fits counts."""

OF_TASKS = "Of some tasks only"
OTHERS = "Everything else"


MAX_SENTENCE = 78
"""Characters of a key's help in the short help."""


def short_help() -> str:
    """The main keys, a line each, and how to see the others."""
    width = max(map(len, MAIN_KEYS))
    lines = [f"  {name:<{width}}  {_first_sentence(schema()[name])}" for name in MAIN_KEYS]
    count = len(schema())
    return "\n".join(
        [
            "Main keys of the body (TOML: key = value):",
            *lines,
            f"All {count} keys: %finetune --help all. One key: %finetune --help learning_rate.",
        ]
    )


def key_help(name: str, width: int = 100) -> str:
    """A key with its help, default and allowed values.

    Raises:
        KeyError: There is no such key.
    """
    return f"{name}\n{_about(schema()[name], width)}"


def groups() -> dict[str, list[Field]]:
    """All keys by the group that they belong to; nbtrain's own first in each."""
    found: dict[str, list[Field]] = {title: [] for title in (*dict(GROUPS), OF_TASKS, OTHERS)}
    for field in schema().values():
        title = next((title for title, names in GROUPS if re.fullmatch(names, field.name)), OTHERS)
        is_special = 0 < len(field.tasks) <= MAX_NAMED
        found[OTHERS if is_deprecated(field) else OF_TASKS if is_special else title].append(field)
    return {title: sorted(fields, key=lambda field: not field.own) for title, fields in found.items() if fields}


def help_text(width: int = 100) -> str:
    """All keys with help and default, in groups."""
    return "\n\n".join(
        "\n".join([f"{title}:", *(_entry(field, width) for field in fields)]) for title, fields in groups().items()
    )


def help_html() -> str:
    """All keys with help and default, in groups that can be opened."""
    parts = []
    for title, fields in groups().items():
        rows = "".join(
            f"<dt><code>{escape(field.name)}</code></dt>"
            f'<dd style="margin:0 0 6px 24px">{escape(_description(field))}</dd>'
            for field in fields
        )
        parts.append(
            f'<details style="margin:4px 0"><summary style="cursor:pointer"><b>{escape(title)}</b> ({len(fields)})'
            f'</summary><dl style="margin:6px 0 6px 16px">{rows}</dl></details>'
        )
    return "".join(parts)


def is_deprecated(field: Field) -> bool:
    """Whether transformers calls the key deprecated in its help."""
    return "deprecated" in field.help.lower()[:60]


def markdown_table() -> str:
    """Nbtrain's own keys as a Markdown table."""
    rows = [
        f"| `{field.name}` | {_cell(field.allowed)} | {_cell(_help(field))} |"
        for field in schema().values()
        if field.own
    ]
    return "\n".join(["| key | takes | what it is |", "| --- | --- | --- |", *rows])


def template(task: str | None = None) -> str:
    """The body of a starter cell; without a task, it runs unchanged."""
    from nbtrain import tasks

    known = None if task is None else tasks.get(task)
    model, hub = ("demo", "bert-base-cased") if known is None else known.example_models
    lines = [_line("model", model, f'or a Hub ID: "{hub}"')]
    if known is None or known.name == DEFAULT_TASK:
        lines.append(_line("dataset", "demo", 'or "glue/mrpc", "reviews.csv", "$train_df"'))
    elif known.has_demo:
        lines.append(_line("dataset", "demo", 'or a folder; or train = "train.csv", train = "$train_df"'))
        lines.append(f'task = "{task}"')
    else:
        lines += [_line(*known.example_data, 'or "$train_df"'), f'task = "{task}"']
        lines += [f'{key} = "{name}"' for key, name in zip(("text", "label"), known.example, strict=True) if name]
    values = {name: schema()[name].as_written(schema()[name].default) for name in TEMPLATE_KEYS}
    values |= {} if known is None else known.template_values
    lines += [f"{name} = {toml_value(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def _line(key: str, value: str, comment: str) -> str:
    """A line with a comment, which begin below each other."""
    return f"{f'{key} = {toml_value(value)}':<31} # {comment}"


def _help(field: Field) -> str:
    """The help of a key, with the tasks that it is for if they are few."""
    if not field.tasks or len(field.tasks) > MAX_NAMED:
        return field.help
    return f"{field.help} Only for {listed([f'`{task}`' for task in field.tasks])}."


def _entry(field: Field, width: int) -> str:
    return f"  {field.name}\n{_about(field, width)}"


def _about(field: Field, width: int) -> str:
    return textwrap.fill(_description(field), width, initial_indent="      ", subsequent_indent="      ")


def _description(field: Field) -> str:
    default = "" if field.default is None else f" Default: {toml_value(field.default)}."
    return f"{_help(field)} ({field.allowed}.{default})"


def _first_sentence(field: Field) -> str:
    """The first sentence of the help, with the default."""
    default = "" if field.default is None else f" (default {toml_value(field.as_written(field.default))})"
    sentence = re.split(r"(?<=[a-z)\"`])[.:] ", " ".join(field.help.split()))[0].rstrip(".")
    return shorten(sentence, MAX_SENTENCE) + default


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

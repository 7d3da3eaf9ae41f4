"""The schema as text: for `%finetune --help`, the README and starter cells."""

from __future__ import annotations

import textwrap

from nbtrain.config.fields import Field
from nbtrain.config.schema import schema
from nbtrain.config.task_keys import MAX_NAMED
from nbtrain.config.toml.writing import toml_value
from nbtrain.format import listed

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


def help_text(width: int = 100) -> str:
    """All keys with help and default, nbtrain's own first."""
    own = [field for field in schema().values() if field.own]
    others = [field for field in schema().values() if not field.own]
    parts = ["Keys of nbtrain (the body of a cell is TOML):", *(_entry(field, width) for field in own)]
    parts += ["", "Keys of TrainingArguments:", *(_entry(field, width) for field in others)]
    return "\n".join(parts)


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
    default = "" if field.default is None else f" Default: {toml_value(field.default)}."
    text = textwrap.fill(
        f"{_help(field)} ({field.allowed}.{default})", width, initial_indent="      ", subsequent_indent="      "
    )
    return f"  {field.name}\n{text}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

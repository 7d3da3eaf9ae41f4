"""Forms without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from nbtrain.notebook.form import Form

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def tiny_text(tiny_model: Path) -> str:
    """A body that trains two steps on the variable `pairs`."""
    keys = [f'model = "{tiny_model}"', 'train = "$pairs"', 'text = ["left", "right"]', "use_cpu = true"]
    return "\n".join([*keys, "max_steps = 2", 'save_strategy = "no"']) + "\n"


@pytest.fixture
def tiny_form(shell: InteractiveShell, tiny_text: str, pairs: pd.DataFrame) -> Form:
    shell.push({"pairs": pairs})
    return Form(tiny_text, shell=shell)


def box(form: Form, key: str) -> Any:
    """The widget of the value of `key`."""
    control = form.view.fields.field(key).control
    return getattr(getattr(control, "_box", getattr(control, "_choice", control)), "widget", None)


def said(form: Form, key: str) -> list[str]:
    """Messages of the problems at a key."""
    return [problem.message for problem in form.view.fields.field(key).problems]


def shown_in(form: Form, group: str) -> tuple[Any, ...]:
    """The fields of a group; their values are shown under its title."""
    children = form.view.fields.groups.boxes[group].children
    return tuple(children[-1].children) if children else ()


def keys_in(form: Form, group: str) -> list[str]:
    """The keys of the fields of a group."""
    fields = form.view.fields
    return [key for key in fields.front if fields.field(key).widget in shown_in(form, group)]


def looked_at(form: Form) -> Form:
    """The form after it has looked at its data."""
    form.view.update_preview()
    form.view.preview.run_pending()
    return form

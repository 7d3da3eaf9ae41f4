"""`nbtrain.form(...)`, and the form that `%finetune --write` means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nbtrain.errors import ConfigError, Problem
from nbtrain.notebook.form.interactive import Form

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_newest: list[Form] = []


def form(text: str = "", /, *, only: Iterable[str] | str | None = None, **fields: Any) -> Form:
    """A form for a fine-tuning: it writes `%%finetune` cells, and trains.

    ```python
    nbtrain.form()
    nbtrain.form(only=["learning_rate", "num_train_epochs"], model="demo", dataset="demo", learning_rate=(1e-6, 1e-3))
    ```

    Args:
        text: A cell, or the body of one, to begin with; by position, as `text` is a key, too.
        only: The keys that are shown; by default those that people change first, and all others below them.
        **fields: What keys are to be: a value sets one, (low, high) bounds it, and a list is what it can be chosen
            from. (For a key that takes lists, a list is its value.)

    Raises:
        ConfigError: A key is none, or a value is none of the key's, or the text is no text.
    """
    from IPython import get_ipython

    given: Any = text
    if not isinstance(given, str):
        message = f"`nbtrain.form` takes the text of a cell; this is an object of type {type(given).__name__}."
        raise ConfigError([Problem(message, fix="Keys are named: nbtrain.form(learning_rate=1e-4).")])
    return set_newest(Form(text, only=only, fields=fields, shell=get_ipython()))


def set_newest(made: Form) -> Form:
    """Have `made` be the newest form."""
    _newest[:] = [made]
    return made


def newest() -> Form | None:
    """The form that was made last in this kernel."""
    return _newest[0] if _newest else None


def open_form(shell: InteractiveShell, line: str, body: str | None) -> Form:
    """The form that `%finetune --form` shows: on the options of its line, and on the cell's body if it has one."""
    made = Form(f"%%finetune {line}\n{body or ''}", shell=shell)
    if body is None and not made.out:
        made.choose_name()
    return set_newest(made)

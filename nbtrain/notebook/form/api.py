"""`nbtrain.form(...)`, and the newest form, which `%finetune --write` writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nbtrain.errors import ConfigError, Problem
from nbtrain.notebook.form.interactive import Form

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_newest: list[Form] = []


def form(text: str = "", /, *, only: Iterable[str] | str | None = None, **fields: Any) -> Form:
    """A form that edits a `%%finetune` cell and trains.

    ```python
    nbtrain.form()
    nbtrain.form(only=["learning_rate", "num_train_epochs"], model="demo", dataset="demo", learning_rate=(1e-6, 1e-3))
    ```

    Args:
        text: A cell or its body as the starting point; positional only, since `text` is also a key.
        only: The keys to show; by default the most common ones, and all others below them.
        **fields: Presets and limits by key: a value sets the key, a tuple (low, high) bounds it, and a list gives the
            choices. (For a key that takes lists, a list is its value.)

    Raises:
        ConfigError: A key is unknown, a value is invalid, or `text` is not a string.
    """
    from IPython import get_ipython

    given: Any = text
    if not isinstance(given, str):
        message = f"`nbtrain.form` takes the text of a cell as a string, got an object of type {type(given).__name__}."
        raise ConfigError([Problem(message, fix="Pass keys by name: nbtrain.form(learning_rate=1e-4).")])
    return set_newest(Form(text, only=only, fields=fields, shell=get_ipython()))


def set_newest(made: Form) -> Form:
    """Make `made` the newest form, and return it."""
    _newest[:] = [made]
    return made


def newest() -> Form | None:
    """The newest form of this kernel."""
    return _newest[0] if _newest else None


def open_form(shell: InteractiveShell, line: str, body: str | None) -> Form:
    """The form of `%finetune --form`: with the options of its line, and the body of the cell if there is one."""
    made = Form(f"%%finetune {line}\n{body or ''}", shell=shell)
    if body is None and not made.out:
        made.choose_name()
    return set_newest(made)

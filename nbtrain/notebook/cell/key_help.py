"""Help for a key in the body of a `%%finetune` cell, by Shift+Tab or the inspector."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from nbtrain.config import Field, schema
from nbtrain.config.arguments import UNKNOWN
from nbtrain.config.toml.writing import toml_value
from nbtrain.notebook.cell.magic_line import Cell, magic_index
from nbtrain.notebook.cell.wrapping import unwrap, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

WIDTH = 80
_KEY = re.compile(r"^\s*\[?\s*([A-Za-z_]\w*)")
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")


def register(shell: InteractiveShell) -> None:
    """Wrap the kernel's `do_inspect`. Without effect outside a kernel."""
    wrap(shell, "do_inspect", _wrapped)


def unregister(shell: InteractiveShell) -> None:
    """Remove the wrapper."""
    unwrap(shell, "do_inspect")


def _wrapped(inspect: Callable[..., Any]) -> Callable[..., Any]:
    def do_inspect(code: str, cursor_pos: int, *rest: Any, **options: Any) -> Any:
        found = target_at(code, cursor_pos)
        if found is None:
            return inspect(code, cursor_pos, *rest, **options)
        if isinstance(found, Field):
            return {"status": "ok", "found": True, "data": {"text/plain": help_of(found)}, "metadata": {}}
        return inspect(found, len(found), *rest, **options)

    return do_inspect


def target_at(code: str, position: int) -> Field | str | None:
    """What the cursor points at.

    Args:
        code: The cell.
        position: Number of characters before the cursor.

    Returns:
        A key, or the name of a variable, or "" for neither; None outside the body of a `%%finetune` cell.
    """
    cell = Cell.of(code)
    if magic_index(code) is None or position < len(cell.head):
        return None
    start = code.rfind("\n", 0, position) + 1
    line, column = code[start:].partition("\n")[0], position - start
    for variable in _VARIABLE.finditer(line):
        if variable.start() <= column <= variable.end():
            return variable[1]
    key = _KEY.match(line)
    return schema().get(key[1], "") if key is not None else ""


def help_of(field: Field) -> str:
    """A key with its default, its help text, and its allowed values."""
    known = field.default is not None and field.default != UNKNOWN
    default = f" (default {toml_value(field.as_written(field.default))})" if known else ""
    about = textwrap.wrap(field.help.replace("\n", " "), WIDTH)
    return "\n".join([f"{field.name}{default}", *about, *textwrap.wrap(f"Takes {field.allowed}.", WIDTH)])

"""Completion in a `%%finetune` cell: options of the magic; keys, allowed values and variables in the body."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from nbtrain.config import Field, schema
from nbtrain.config.completions import values
from nbtrain.notebook.cell.magic_line import magic_index
from nbtrain.notebook.cell.options import NAMES
from nbtrain.notebook.cell.wrapping import unwrap, wrap

try:
    from IPython.core.completer import context_matcher
except ImportError:  # IPython before 8.6
    context_matcher = None

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

IDENTIFIER = "nbtrain.finetune"
_KEY = re.compile(r"^\s*([A-Za-z_]\w*)?$")
_VALUE = re.compile(r"^\s*([A-Za-z_]\w*)\s*=\s*(.*)$")
_ITEM = re.compile(r"[^\s,\[\]]*$")

Found = tuple[str, list[str], str]
"""The fragment left of the cursor to replace, the replacements, and their type."""


def register(shell: InteractiveShell) -> None:
    """Add the matcher; IPython before 8.6 has none, there the kernel's `do_complete` is wrapped."""
    with contextlib.suppress(AttributeError):  # a shell without a completer
        if context_matcher is None:
            wrap(shell, "do_complete", lambda complete: _wrapped(complete, shell))
            return

        @context_matcher(priority=100, identifier=IDENTIFIER)
        def matcher(context: CompletionContext) -> Any:
            return _result(_complete(context.full_text, context.cursor_line, context.cursor_position, shell))

        shell.Completer.custom_matchers.append(matcher)


def unregister(shell: InteractiveShell) -> None:
    """Remove the matcher."""
    unwrap(shell, "do_complete")
    with contextlib.suppress(AttributeError):
        matchers = shell.Completer.custom_matchers
        matchers[:] = [matcher for matcher in matchers if getattr(matcher, "matcher_identifier", "") != IDENTIFIER]


def _wrapped(complete: Callable[..., Any], shell: InteractiveShell) -> Callable[..., Any]:
    def do_complete(code: str, cursor_pos: int | None = None) -> Any:
        position = len(code) if cursor_pos is None else cursor_pos
        before = code[:position]
        line = before.count("\n")
        found = _complete(code, line, position - (before.rfind("\n") + 1), shell)
        if found is None:
            return complete(code, cursor_pos)
        fragment, words, kind = found
        place = {"start": position - len(fragment), "end": position}
        types = [{**place, "text": word, "type": kind} for word in words]
        where = {"cursor_start": place["start"], "cursor_end": position}
        return {"status": "ok", "matches": words, **where, "metadata": {"_jupyter_types_experimental": types}}

    return do_complete


def _complete(text: str, line: int, column: int, shell: InteractiveShell) -> Found | None:
    """Completions in a cell, at a line and column from 0; None outside a `%%finetune` cell."""
    lines, magic = text.splitlines(), magic_index(text)
    if magic is None or not magic <= line <= len(lines):
        return None
    before = lines[line][:column] if line < len(lines) else ""
    if line == magic:
        fragment = before.split(" ")[-1]
        return fragment, [name for name in NAMES if name.startswith(fragment) and " " in before.lstrip()], "param"
    hidden = shell.user_ns_hidden  # IPython's own names: exit, In, get_ipython
    return complete_line(before, lines[magic + 1 :], [name for name in shell.user_ns if name not in hidden])


def complete_line(before: str, body: Iterable[str], variables: Iterable[str]) -> Found:
    """Completions for `before`, the part of a line left of the cursor.

    Returns:
        The fragment of `before` to replace, the replacements, and their type.
    """
    if _KEY.match(before):
        fragment = before.strip()
        taken = {match[1] for line in body if (match := _VALUE.match(line))}
        return fragment, [f"{name} = " for name in schema() if name.startswith(fragment) and name not in taken], "param"
    value = _VALUE.match(before)
    if value is None or value[1] not in schema():
        return "", [], "param"
    fragment = match[0] if (match := _ITEM.search(value[2])) else ""
    return fragment, [text for text in _values(schema()[value[1]], variables) if text.startswith(fragment)], "value"


def _values(field: Field, variables: Iterable[str]) -> list[str]:
    """Values for a key in TOML notation, including variables if it takes them."""
    takes_objects = "object" in field.kinds
    names = [f'"${name}"' for name in variables if not name.startswith("_")] if takes_objects else []
    return [*values(field), *names]


def _result(found: Found | None) -> Any:
    """Completions in the form that IPython takes from a matcher."""
    from IPython.core.completer import SimpleCompletion

    if found is None:
        return {"completions": []}
    fragment, words, kind = found
    completions = [SimpleCompletion(word, type=kind) for word in words]
    return {"completions": completions, "suppress": True, "matched_fragment": fragment}

"""Completion in a `%%finetune` cell: options of the magic; keys, allowed values and variables in the body."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nbtrain.config import Field, schema
from nbtrain.config.completions import values
from nbtrain.notebook.cell.magic_line import magic_index
from nbtrain.notebook.cell.options import NAMES

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

IDENTIFIER = "nbtrain.finetune"
_KEY = re.compile(r"^\s*([A-Za-z_]\w*)?$")
_VALUE = re.compile(r"^\s*([A-Za-z_]\w*)\s*=\s*(.*)$")
_ITEM = re.compile(r"[^\s,\[\]]*$")


def register(shell: InteractiveShell) -> None:
    """Add the matcher. Without effect if this version of IPython has no custom matchers."""
    with contextlib.suppress(ImportError, AttributeError):
        from IPython.core.completer import context_matcher

        @context_matcher(priority=100, identifier=IDENTIFIER)
        def matcher(context: CompletionContext) -> Any:
            hidden = shell.user_ns_hidden  # IPython's own names: exit, In, get_ipython
            return _match(context, {name: value for name, value in shell.user_ns.items() if name not in hidden})

        shell.Completer.custom_matchers.append(matcher)


def unregister(shell: InteractiveShell) -> None:
    """Remove the matcher."""
    with contextlib.suppress(AttributeError):
        matchers = shell.Completer.custom_matchers
        matchers[:] = [matcher for matcher in matchers if getattr(matcher, "matcher_identifier", "") != IDENTIFIER]


def _match(context: CompletionContext, variables: dict[str, Any]) -> Any:
    lines, magic = context.full_text.splitlines(), magic_index(context.full_text)
    if magic is None or not magic <= context.cursor_line < len(lines):
        return {"completions": []}
    before = lines[context.cursor_line][: context.cursor_position]
    if context.cursor_line == magic:
        return _result(before.split(" ")[-1], NAMES if " " in before.lstrip() else (), "param")
    return _result(*complete_line(before, lines[magic + 1 :], variables))


def complete_line(before: str, body: Iterable[str], variables: Iterable[str]) -> tuple[str, list[str], str]:
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


def _result(fragment: str, words: Iterable[str], kind: str) -> Any:
    from IPython.core.completer import SimpleCompletion

    completions = [SimpleCompletion(word, type=kind) for word in words if word.startswith(fragment)]
    return {"completions": completions, "suppress": True, "matched_fragment": fragment}

"""Completion in a `%%finetune` cell: options of the magic; keys, allowed values and variables in the body."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.config import Field, schema
from nbtrain.config.completions import values
from nbtrain.config.describe import MAIN_KEYS, is_deprecated
from nbtrain.config.other_names import ALIASES
from nbtrain.config.toml.writing import toml_value
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
_QUOTED = re.compile(r'"[^"]*"')
_ITEM = re.compile(r"[^\s,\[\]]*$")

MIN_ALIAS = 2
"""Letters from which on other names of keys, and words within keys, are looked for."""

DATA_KEYS = ("dataset", "train", "validation", "test")
PATHS = (*DATA_KEYS, "model", "tokenizer", "output_dir")
"""Keys that may name a file or a folder."""

MAX_PATHS = 200
MAX_HEAD = 20_000
"""Characters that are read of a file for its columns."""
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
    lines, magic = text.split("\n"), magic_index(text)
    if magic is None or not magic <= line < len(lines):
        return None
    before = lines[line][:column]
    if line == magic:
        fragment = before.split(" ")[-1]
        return fragment, [name for name in NAMES if name.startswith(fragment) and " " in before.lstrip()], "param"
    hidden = shell.user_ns_hidden  # IPython's own names: exit, In, get_ipython
    variables = {name: value for name, value in shell.user_ns.items() if name not in hidden}
    return complete_line(before, lines[magic + 1 :], variables)


def complete_line(before: str, body: Iterable[str], variables: Mapping[str, Any]) -> Found:
    """Completions for `before`, the part of a line left of the cursor.

    Returns:
        The fragment of `before` to replace, the replacements, and their type.
    """
    given = {match[1]: match[2] for line in body if (match := _VALUE.match(line))}
    if _KEY.match(before):
        fragment = before.strip()
        return fragment, [f"{name} = " for name in keys(fragment) if name not in given], "param"
    value = _VALUE.match(before)
    if value is None or value[1] not in schema():
        return "", [], "param"
    fragment = _last_item(value[2])
    offered = _values(schema()[value[1]], variables, given, fragment)
    return fragment, [text for text in offered if text.startswith(fragment)], "value"


def _last_item(text: str) -> str:
    """The unfinished string at the end of a value, with its quotation mark; else the last word."""
    opened, start = "", 0
    for at, char in enumerate(text):
        if not opened and char in "\"'":
            opened, start = char, at
        elif char == opened:
            opened = ""
    if opened:
        return text[start:]
    return match[0] if (match := _ITEM.search(text)) else ""


def keys(fragment: str) -> list[str]:
    """The keys that `fragment` may mean: the main keys and nbtrain's own that begin with it, then main keys of which
    another name ("lr", "epochs") or a later word ("batch") begins with it, then all others that do.
    """
    known = [*MAIN_KEYS, *(name for name in schema() if name not in MAIN_KEYS and not is_deprecated(schema()[name]))]
    known += [name for name in schema() if name not in known]
    begun = [name for name in known if name.startswith(fragment)]
    if len(fragment) < MIN_ALIAS:
        return begun
    exact = [ALIASES[fragment]] if fragment in ALIASES else []
    meant = [key for alias, key in ALIASES.items() if alias.startswith(fragment) and key in schema()]
    within = [name for name in known if f"_{fragment}" in name]
    main = [name for name in MAIN_KEYS if name in meant or name in within]
    first = [name for name in begun if name in MAIN_KEYS or schema()[name].own]
    return list(dict.fromkeys([*exact, *first, *main, *begun, *meant, *within]))


def _values(field: Field, variables: Mapping[str, Any], given: Mapping[str, str], fragment: str) -> list[str]:
    """Values for a key in TOML notation, including variables if it takes them, columns, metrics and paths."""
    names: list[str] = []
    if "object" in field.kinds:
        names = [f'"${name}"' for name in variables if not name.startswith("_")]
    if field.of_columns:
        names += [toml_value(name) for name in columns(given, variables)]
    if field.name == "metric_for_best_model":
        from nbtrain.tasks.metrics import names as metric_names

        names += [toml_value(name) for name in ("loss", *metric_names())]
    if field.name in PATHS and fragment.startswith('"') and not fragment.startswith('"$'):
        names += [toml_value(path) for path in paths(fragment[1:], files=field.name in DATA_KEYS)]
    return list(dict.fromkeys([*values(field), *names]))


def columns(given: Mapping[str, str], variables: Mapping[str, Any]) -> list[str]:
    """The columns of the training data, as far as they can be had at once: of a variable, or the head of a file."""
    named = next((given[key] for key in ("train", "dataset") if key in given), "").strip().strip("\"'")
    if named.startswith("$"):
        data = variables.get(named[1:])
        if isinstance(data, Mapping):  # a DatasetDict
            data = data.get("train")
        found = getattr(data, "column_names", getattr(data, "columns", None))
        return [] if found is None else [name for name in found if isinstance(name, str)]
    path = Path(named).expanduser()
    if path.suffix.lower() not in (".csv", ".tsv") or not path.is_file():
        return []
    import csv

    with (
        contextlib.suppress(OSError, UnicodeDecodeError, csv.Error),
        path.open(encoding="utf-8-sig", newline="") as file,
    ):
        line = file.readline(MAX_HEAD)
        delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t|", key=_QUOTED.sub("", line).count)
        return [name for name in next(csv.reader([line], delimiter=delimiter), []) if name]
    return []


def paths(typed: str, *, files: bool) -> list[str]:
    """Files and folders whose path begins with `typed`; folders end with a slash.

    Args:
        typed: The beginning.
        files: Whether data files are meant, too.
    """
    from nbtrain.data.files import is_data_file

    head, slash, start = typed.rpartition("/")
    folder = Path(f"{head}{slash}" or ".").expanduser()
    found: list[str] = []
    with contextlib.suppress(OSError):
        for entry in sorted(folder.iterdir()):
            is_hidden = entry.name.startswith(".") and not start.startswith(".")
            if not entry.name.startswith(start) or is_hidden:
                continue
            if entry.is_dir():
                found.append(f"{head}{slash}{entry.name}/")
            elif files and is_data_file(entry):
                found.append(f"{head}{slash}{entry.name}")
    return found[:MAX_PATHS]


def _result(found: Found | None) -> Any:
    """Completions in the form that IPython takes from a matcher."""
    from IPython.core.completer import SimpleCompletion

    if found is None:
        return {"completions": []}
    fragment, words, kind = found
    completions = [SimpleCompletion(word, type=kind) for word in words]
    return {"completions": completions, "suppress": True, "matched_fragment": fragment, "ordered": True}

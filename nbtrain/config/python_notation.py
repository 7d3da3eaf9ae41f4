"""Python in a cell, such as `train = df` or `TrainingArguments(...)`, and the same in TOML."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbtrain.config.keys import SPLITS
from nbtrain.config.other_names import ADVICE, ALIASES, REPLACED, advice, replacement
from nbtrain.config.schema import schema
from nbtrain.config.toml.recovery import BrokenLine
from nbtrain.config.toml.writing import toml_value
from nbtrain.errors import Fix, Problem, closest

MAX_LINES = 200
"""A call or a value with more lines is not looked for."""

_PATH = re.compile(r"""^[rRuU]?"(?P<path>[^"']*\\[^"']*)"$|^[rR]'(?P<raw>[^'"]*)'$""")
_DATASET = re.compile(r"^\s*dataset\s*=")
_OPTION = re.compile(r"--(\w+)[ =]+([^\s-]\S*)")


@dataclass(frozen=True)
class PythonLines:
    """Lines that are Python.

    Args:
        start: Index of the first line.
        end: Index of the line after the last.
        problem: What is wrong, with the fix.
    """

    start: int
    end: int
    problem: Problem


def find(lines: list[str], start: int, notebook: Mapping[str, Any] | None) -> PythonLines | None:
    """The Python that begins at line index `start`, a line that is invalid TOML; None if TOML's own fix is better.

    Args:
        lines: All lines.
        start: The index.
        notebook: The variables of the notebook; None outside one.
    """
    variables = notebook or {}
    if (path := _path(lines[start])) is not None:
        return PythonLines(start, start + 1, replace(path, line=start + 1))
    options = _OPTION.findall(lines[start]) if lines[start].lstrip().startswith("--") else []
    if options:
        pairs = [(name, _constant(value)) for name, value in options]
        return PythonLines(
            start, start + 1, _several("These are options of a command line", pairs, start, {}, lines[start])
        )
    for end, node, text in _parsed(lines, start):
        pairs = list(_keywords(node))
        if pairs and _target(node) not in schema():
            return PythonLines(start, end, _several("This is Python", pairs, start, variables, text))
        key = _target(node)
        if isinstance(node, ast.Assign) and key in schema():
            fix = _fix_of_value(key, text, node.value, variables)
            names_no_split = key in SPLITS and not any(map(_DATASET.match, lines))
            if isinstance(node.value, ast.Name) and names_no_split and notebook is not None:
                fix = _fix_of_name(key, node.value.id, variables)
            said = f"`{key}`: this value is in Python; a cell is written in TOML."
            return None if fix is None else PythonLines(start, end, Problem(said, key, start + 1, fix))
    return None


def _path(line: str) -> Problem | None:
    """The problem of a path of Windows, whose backslashes TOML takes for escapes."""
    broken = BrokenLine.of(line)
    match = _PATH.match(broken.value) if broken is not None else None
    if broken is None or match is None:
        return None
    fix = Fix.write(broken.key, f"'{match['path'] or match['raw']}'", ", in single quotes")
    return Problem("In double quotes, a backslash begins an escape such as `\\n`.", broken.key, None, fix)


def _parsed(lines: list[str], start: int) -> Iterator[tuple[int, ast.AST, str]]:
    """The statement at `start`: the index of the line after it, itself, its text; also inside a call or a dict."""
    for end in range(start + 1, min(len(lines), start + MAX_LINES) + 1):
        text = textwrap.dedent("\n".join(lines[start:end])).strip()
        if (node := _statement(text)) is not None:
            yield end, node, text
            return
        if text.count("(") + text.count("[") + text.count("{") <= text.count(")") + text.count("]") + text.count("}"):
            break
    line = lines[start].strip()
    for inside in (f"dict({line})", f"{{{line}}}"):
        if (node := _statement(inside)) is not None:
            yield start + 1, node, inside


def _statement(text: str) -> ast.AST | None:
    try:
        with warnings.catch_warnings(action="ignore"):  # "\d" is no escape
            body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    [node] = body if len(body) == 1 else [None]
    return node.value if isinstance(node, ast.Expr) else node if isinstance(node, ast.Assign) else None


def _source(node: ast.AST, text: str) -> str:
    """The Python of a part of `text` as it was written, in one line."""
    return re.sub(r"\s*\n\s*", " ", ast.get_source_segment(text, node) or ast.unparse(node))


def _constant(text: str) -> ast.expr:
    """The literal in `text`; a string for any other word."""
    node = _statement(text)
    is_literal = isinstance(node, ast.expr) and _literal(node, None) is not None
    return node if is_literal else ast.parse(repr(text), mode="eval").body  # type: ignore[return-value]


def _target(node: ast.AST) -> str:
    """The name that is assigned to."""
    is_name = isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    return node.targets[0].id if is_name else ""  # type: ignore[attr-defined]


def _keywords(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The keys and values of a call or of a dict, if any of them is a key of a cell."""
    value = node.value if isinstance(node, ast.Assign) else node
    pairs: list[tuple[str, ast.expr]] = []
    if isinstance(value, ast.Call):
        pairs = [(keyword.arg, keyword.value) for keyword in value.keywords if keyword.arg is not None]
    elif isinstance(value, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
        pairs = [(key, item) for key, item in zip(keys, value.values, strict=True) if isinstance(key, str)]
    known = (schema(), ALIASES, REPLACED, ADVICE)
    if any(name in names for name, _ in pairs for names in known):
        yield from pairs


def _several(
    what: str, pairs: Sequence[tuple[str, ast.AST]], start: int, variables: Mapping[str, Any], text: str
) -> Problem:
    """The problem of code with several keys, which are parts of `text`."""
    lines = [line for name, node in pairs if (line := _line(name, _value(node, variables, text)))]
    message = f"{what}; in a cell, each key has a line of its own."
    return Problem(message, None, start + 1, "\n    ".join(["Write:", *lines]) if lines else "Remove it.")


def _line(name: str, value: Any) -> str | None:
    """The line of a cell for an argument in Python; None for a default."""
    if value is None:
        return None
    if isinstance(value, _Source):
        return f"# {name} = {value}  # assign it to a variable first"
    if name in schema():
        return f"{name} = {toml_value(schema()[name].as_written(value))}"
    line = replacement(name, value)
    return f"# {name} is not a key" if line is None and advice(name, value) is None else line


class _Source(str):
    """Python that has no value in TOML."""


def _value(node: ast.AST, variables: Mapping[str, Any], text: str) -> Any:
    """The value that a part of `text` stands for in a cell: a literal, "$name" of a variable, or its `_Source`."""
    if isinstance(node, ast.Name):
        return f"${node.id}" if node.id in variables else _Source(node.id)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        items = [_value(item, variables, text) for item in node.elts]
        return _Source(_source(node, text)) if any(isinstance(item, _Source) for item in items) else items
    return _literal(node, _Source(_source(node, text)))


def _literal(node: ast.AST, otherwise: Any) -> Any:
    try:
        value = ast.literal_eval(node)
        toml_value(value)
    except (ValueError, TypeError, SyntaxError):
        return otherwise
    return value


def _fix_of_value(key: str, text: str, node: ast.expr, variables: Mapping[str, Any]) -> str | None:
    """The fix for `key = value` in Python; None for values that TOML's own fix corrects."""
    is_bare = not text.partition("=")[2].strip().startswith("(")
    if isinstance(node, ast.Tuple) and len(node.elts) == 1 and is_bare:
        node = node.elts[0]  # a comma after the value
    is_number = isinstance(node, (ast.Constant, ast.UnaryOp))
    if is_number or (isinstance(node, ast.Tuple) and is_bare and not _are_texts(node.elts)):
        return None  # maybe a decimal comma
    if isinstance(node, ast.Name) and not _takes(key, node.id, variables):
        return None
    value = _value(node, variables, text)
    if not isinstance(value, _Source):
        return _refusal(key, value) or _write(key, toml_value(value), text)
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    is_code = any(isinstance(part, (ast.Call, ast.Subscript, ast.JoinedStr)) for part in ast.walk(node))
    if not is_code and (isinstance(node, (ast.Name, ast.List)) or not names <= set(variables)):
        return None  # a word, or words
    if isinstance(node, ast.BinOp) and not names:
        return f'Write the number itself, or assign value = {value} in a cell above and write {key} = "$value".'
    name = f"my_{key}" if key not in ("model", "tokenizer") else key
    return f'Assign it to a variable in a cell above, {name} = {value}, and write {key} = "${name}".'


def _write(key: str, toml: str, text: str) -> str:
    """The fix that writes a value instead of the Python in `text`."""
    fix = Fix.write(key, toml)
    return str(fix) if "\n" in text else fix  # TOML does not say where Python of several lines ends


def _refusal(key: str, value: Any) -> str | None:
    """What the key takes, if it does not take `value`."""
    field = schema()[key]
    if any(isinstance(item, str) and item.startswith("$") for item in (value if isinstance(value, list) else [value])):
        return None  # variables are checked when they are in their place
    try:
        field.parse(value)
    except ValueError as error:
        return error.args[1] or f"`{key}` takes {field.allowed}."
    return None


def _fix_of_name(key: str, name: str, variables: Mapping[str, Any]) -> str:
    """The fix for data that is given by its bare name."""
    tables = [one for one, value in variables.items() if hasattr(value, "iloc") or hasattr(value, "column_names")]
    meant = name if name in variables else closest(name, tables)
    if meant is None:
        return f'Run the cell that defines `{name}`, and write {key} = "${name}".'
    return Fix.write(key, toml_value(f"${meant}"))


def _are_texts(nodes: list[ast.expr]) -> bool:
    return all(isinstance(node, ast.Constant) and isinstance(node.value, str) for node in nodes)


def _takes(key: str, name: str, variables: Mapping[str, Any]) -> bool:
    """Whether there is a variable `name` whose value the key takes."""
    try:
        schema()[key].parse(variables[name])
    except (KeyError, ValueError):
        return False
    return True

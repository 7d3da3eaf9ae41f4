"""Read a configuration from TOML or keyword arguments, and report all problems at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbtrain.config import python_notation, rules
from nbtrain.config.config import Config
from nbtrain.config.fields import Field
from nbtrain.config.mistaken_text import mistaken_text
from nbtrain.config.other_names import ALIASES, advice
from nbtrain.config.schema import schema
from nbtrain.config.task_keys import of_others
from nbtrain.config.toml import parser
from nbtrain.config.toml.lenient import lenient_value
from nbtrain.config.toml.recovery import BrokenLine
from nbtrain.config.toml.statements import split_lines
from nbtrain.config.toml.writing import toml_value
from nbtrain.errors import ConfigError, Edit, Fix, Problem, closest, did_you_mean, meant
from nbtrain.tasks.metrics import misspelt

SWITCHES = {"yes": "true", "on": "true", "no": "false", "off": "false"}
"""YAML's other words for true and false."""

_REFERENCE = re.compile(r"^\$([A-Za-z_]\w*)$")


def from_toml(
    text: str, *, first_line: int = 1, variables: Mapping[str, Any] | None = None, complete: bool = True
) -> Config:
    """Read a configuration from a TOML text.

    Args:
        text: The body of a cell, or a file.
        first_line: The line number of the first line for the user (2 below a magic line).
        variables: The variables that references may name; None outside notebooks.
        complete: Whether model and data are required; False if it only changes another configuration.

    Raises:
        ConfigError: The text has problems; the error has all of them, with their lines.
    """
    document = _read(text, variables)
    lines = {key: line + first_line - 1 for key, line in document.lines.items()}
    syntax = [
        replace(problem, line=problem.line + first_line - 1 if problem.line else None) for problem in document.problems
    ]
    return replace(_check(document.values, lines, syntax, variables, complete=complete), text=text, lines=lines)


def from_file(
    path: str | Path,
    changes: Mapping[str, Any] | None = None,
    *,
    variables: Mapping[str, Any] | None = None,
    complete: bool = True,
) -> Config:
    """Read a configuration from the TOML file at `path`, with `changes` applied.

    Raises:
        ConfigError: The file cannot be read, or has problems.
    """
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(f"`{path}` cannot be read: {error}.")]) from None
    document = _read(text, variables)
    lines = {key: line for key, line in document.lines.items() if key not in (changes or {})}
    return _check({**document.values, **(changes or {})}, lines, document.problems, variables, complete=complete)


def from_mapping(
    values: Mapping[str, Any], *, variables: Mapping[str, Any] | None = None, complete: bool = True
) -> Config:
    """Read a configuration from keyword arguments; values can be objects instead of references.

    Raises:
        ConfigError: The arguments have problems.
    """
    return _check(dict(values), {}, [], variables, complete=complete)


def _read(text: str, variables: Mapping[str, Any] | None) -> parser.Document:
    """Parse a text. Each fix for a syntax error is a value that is valid for its key, also if the line is Python."""
    document, lines = parser.read(text), split_lines(text)
    python: list[Problem] = []
    while True:
        numbers = [problem.line - 1 for problem in document.problems if problem.line and problem.key is None]
        places = (python_notation.find(lines, number, variables) for number in numbers if number < len(lines))
        found = next((place for place in places if place is not None), None)
        if found is None:
            break
        python.append(found.problem)
        lines[found.start : found.end] = [""] * (found.end - found.start)
        document = parser.read("\n".join(lines))
    document.problems = [*python, *(_with_fix_for_key(problem, lines) for problem in document.problems)]
    return document


def _with_fix_for_key(problem: Problem, lines: list[str]) -> Problem:
    broken = BrokenLine.of(lines[problem.line - 1]) if problem.line and problem.line <= len(lines) else None
    field = schema().get(broken.key) if broken is not None else None
    toml = lenient_value(broken.value) if broken is not None else None
    if broken is None or field is None or toml is None:
        return problem
    value = parser.read(f"x = {toml}").values["x"]
    if _has_references(value):
        return problem
    if "bool" in field.kinds and (word := broken.value.lower()) in SWITCHES:
        return replace(problem, fix=Fix.write(field.name, SWITCHES[word]))
    try:
        field.parse(value)
    except ValueError as error:
        _, fix = error.args
        choice = closest(str(value), field.choices)
        fix = Fix.write(field.name, toml_value(choice)) if choice else fix
        return replace(problem, fix=fix or f"`{field.name}` takes {field.allowed}{_example(field)}.")
    return problem


def _example(field: Field) -> str:
    return "" if field.example is None else f", for example {field.name} = {toml_value(field.example)}"


def partial(values: Mapping[str, Any], *, variables: Mapping[str, Any] | None = None) -> Config:
    """The configuration of the valid ones among `values`."""
    return _parsed(values, {}, variables)[0]


def _check(
    values: dict[str, Any],
    lines: Mapping[str, int],
    problems: list[Problem],
    variables: Mapping[str, Any] | None,
    *,
    complete: bool,
) -> Config:
    config, found = _parsed(values, lines, variables)
    problems = [*problems, *found]
    broken = {problem.key for problem in problems}
    problems += _contradictions(values, lines, broken, complete=complete and None not in broken)
    if problems:
        raise ConfigError(sorted(problems, key=lambda problem: (problem.line is None, problem.line)))
    return config


def _parsed(
    values: Mapping[str, Any], lines: Mapping[str, int], variables: Mapping[str, Any] | None
) -> tuple[Config, list[Problem]]:
    """The configuration of the valid values, and the problems of the others."""
    given: dict[str, Any] = {}
    references: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in values.items():
        if key not in schema():
            problems.append(_unknown_key(key, value, lines.get(key)))
            continue
        try:
            parsed = schema()[key].parse(_resolved(key, value, variables) if _has_references(value) else value)
        except ValueError as error:
            message, fix = error.args
            if "object" in schema()[key].kinds and isinstance(value, str) and value in (variables or {}):
                fix = Fix.write(key, toml_value(f"${value}"))
            problems.append(Problem(message, key, lines.get(key), fix or None))
            continue
        if (found := mistaken_text(key, values, lines.get(key), variables or {})) is not None:
            problems.append(found)
            continue
        given[key] = parsed
        if _has_references(value):
            references[key] = value
    return Config(given, references), problems


def _unknown_key(key: str, value: Any, line: int | None) -> Problem:
    match = ALIASES.get(key.lower()) or closest(key, schema())
    hint = meant(match, Edit("key", match)) if match else "`%finetune --help` lists every key."
    return Problem(f"Unknown key `{key}`.", key, line, advice(key, value) or hint)


def _has_references(value: Any) -> bool:
    return any(
        isinstance(item, str) and item.startswith("$") for item in (value if isinstance(value, list) else [value])
    )


def _resolved(key: str, value: Any, variables: Mapping[str, Any] | None) -> Any:
    """`value`, a reference or a list with references, with the variables in their place."""
    if isinstance(value, list):
        return [_resolved(key, item, variables) if _has_references(item) else item for item in value]
    return _variable(key, value, variables)


def _variable(key: str, value: str, variables: Mapping[str, Any] | None) -> Any:
    """The variable that a reference names.

    Raises:
        ValueError: There is none; the arguments are the message and a fix.
    """
    match = _REFERENCE.match(value)
    if match is None:
        raise ValueError(
            f'`{key} = "{value}"`: `$` must be followed by the name of one variable.',
            f'Assign the value to a variable first, then write {key} = "$name".',
        )
    name = match[1]
    if variables is None:
        raise ValueError(
            f'`{key} = "{value}"`: references to variables work only in a notebook.',
            "Pass the object itself as a keyword argument.",
        )
    if name not in variables:
        public = [variable for variable in variables if not variable.startswith("_")]
        raise ValueError(
            f'`{key} = "{value}"`: there is no variable `{name}`.',
            did_you_mean(
                name, public, "Run the cell that defines it first.", lambda match: Edit("word", f'"${match}"', value)
            ),
        )
    return variables[name]


def _contradictions(
    values: Mapping[str, Any], lines: Mapping[str, int], broken: Iterable[str | None], *, complete: bool
) -> Iterable[Problem]:
    """Problems of several keys together. An invalid key, or one in a line with a syntax error, counts as given."""
    present = set(values) | {ALIASES.get(str(key).lower(), str(key)) for key in broken}
    if complete:
        yield from rules.missing(present)
    yield from rules.conflicts(values, lines, complete=complete)
    if (task := values.get("task")) in schema()["task"].choices:
        yield from of_others(values, task, lines)
    for name in _listed(values.get("metrics")):
        if (match := misspelt(name)) is not None:
            fix = Fix.by(Edit("word", toml_value(match), name), f'Did you mean "{match}"?')
            yield Problem(f'Unknown metric "{name}".', "metrics", lines.get("metrics"), fix)


def _listed(value: Any) -> list[str]:
    """The strings in `value`, a string or a list."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]

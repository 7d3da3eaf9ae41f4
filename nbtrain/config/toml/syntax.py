"""Readable TOML syntax errors: line, reason, and a fix."""

from __future__ import annotations

import re
import tomllib

from nbtrain.config.toml.recovery import BrokenLine
from nbtrain.errors import Edit, Fix, Problem

_PLACE = re.compile(
    r"^(?P<message>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.DOTALL
)
_YAML = re.compile(r"^\s*[A-Za-z_]\w*\s*:\s*\S")
_CLOSING = (('"""', '"""'), ("'''", "'''"), ("[", "]"), ("{", "}"))


def line_of(error: tomllib.TOMLDecodeError) -> int | None:
    """The line that an error names, counted from 1; None if the text ends within a statement."""
    place = _PLACE.match(str(error))
    return int(place["line"]) if place is not None and place["line"] is not None else None


def syntax_problem(error: tomllib.TOMLDecodeError, lines: list[str], start: int) -> Problem:
    """The problem of the lines from index `start` on, which raised `error`."""
    place = _PLACE.match(str(error))
    if place is None or place["line"] is None:
        return unclosed(lines, start)
    line, message = start + int(place["line"]), place["message"]
    message = message[:1].lower() + message[1:]
    fix = _fix(lines[line - 1] if line <= len(lines) else "")
    return Problem(f"Invalid TOML: {message} (column {place['column']}).", line=line, fix=fix)


def unclosed(lines: list[str], start: int) -> Problem:
    """The problem of a value that begins at line index `start` and is not closed."""
    value = lines[start].partition("=")[2].strip()
    closing = next((closing for opening, closing in _CLOSING if value.startswith(opening)), None)
    fix = f"A closing `{closing}` is missing." if closing else None
    return Problem("Invalid TOML: this value is not closed.", line=start + 1, fix=fix)


def _fix(line: str) -> str | None:
    broken = BrokenLine.of(line)
    if broken is not None and broken.corrected is not None:
        why = ": TOML uses `=`, and strings in quotes." if broken.is_yaml else "."
        return Fix.by(
            Edit("line", broken.corrected.removesuffix(broken.comment).strip()),
            f"Write `{broken.corrected.strip()}`{why}",
        )
    if line.count('"') % 2:
        return "A quotation mark is missing."
    return "Write `key = value`: TOML uses `=`, and strings in quotes." if _YAML.match(line) else None

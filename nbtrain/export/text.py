"""Helpers to write Python source."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

WIDTH = 119


def is_plain(value: Any) -> bool:
    """Whether `repr(value)` is source that evaluates to `value`."""
    if isinstance(value, dict):
        return type(value) is dict and all(is_plain(item) for pair in value.items() for item in pair)
    if isinstance(value, (list, tuple, set)):
        return type(value) in (list, tuple, set) and all(is_plain(item) for item in value)
    return value is None or type(value) in (str, bool, int) or (type(value) is float and abs(value) < float("inf"))


def literal(value: Any) -> str:
    """Source for a plain value, with double quotes like a formatter."""
    if isinstance(value, str):
        text = repr(value)
        return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text else text
    if isinstance(value, (list, tuple)):
        inner = ", ".join(literal(item) for item in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    return repr(value)


def call(head: str, arguments: Iterable[str]) -> str:
    """`head(arguments)`, on one line if it fits, else with one argument per line."""
    arguments = list(arguments)
    line = f"{head}({', '.join(arguments)})"
    if len(line) <= WIDTH - 8 and "\n" not in line and len(arguments) <= 4:
        return line
    return f"{head}(\n" + "".join(indented(f"{argument},\n") for argument in arguments) + ")"


def indented(text: str) -> str:
    """`text`, indented by one level."""
    return textwrap.indent(text, "    ")


def imports(needed: Mapping[str, Iterable[str]]) -> str:
    """Sorted import statements for `needed`, names by module; an empty list imports the module itself."""
    groups: dict[bool, list[str]] = {True: [], False: []}
    for module in sorted(needed, key=lambda module: (bool(needed[module]), module)):
        names = list(needed[module])
        line = _from_import(module, names) if names else f"import {module}"
        groups[module.split(".")[0].split()[0] in sys.stdlib_module_names].append(line)
    return "\n\n".join("\n".join(lines) for lines in groups.values() if lines)


def _from_import(module: str, names: Iterable[str]) -> str:
    ordered = sorted(set(names), key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in ordered) + ")"

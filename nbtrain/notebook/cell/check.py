"""What is wrong with the text of a `%%finetune` cell: found while it is being written, without running anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nbtrain.config import from_toml
from nbtrain.errors import ConfigError, Problem, did_you_mean
from nbtrain.notebook.cell.completion import OPTIONS
from nbtrain.notebook.cell.magic_line import magic_index

_UNKNOWN = re.compile(r"unrecognized arguments: (?P<option>\S+)")


def problems_of(text: str, variables: Mapping[str, Any]) -> list[Problem]:
    """The problems of a whole cell, with lines counted in the cell; none if it is no such cell.

    It only parses, so it may be called on any thread while a run goes on.

    Args:
        text: The cell, with the line of the magic.
        variables: What "$name" may refer to.
    """
    first = magic_index(text)
    if first is None:
        return []
    lines = text.split("\n")
    options = lines[first].partition("%%finetune")[2].strip()
    problems, arguments = _options(options, first + 1)
    if any(getattr(arguments, name, None) not in (None, False) for name in ("help", "list", "show", "template")):
        return problems  # it does something else, and leaves the body alone
    complete = "--resume" not in re.split(r"[\s=]", options)
    try:
        from_toml("\n".join(lines[first + 1 :]), first_line=first + 2, variables=variables, complete=complete)
    except ConfigError as error:
        problems += error.problems
    return problems


def _options(options: str, line: int) -> tuple[list[Problem], Any]:
    """What is wrong with the line of the magic, and what it says otherwise. IPython puts in the value of a variable
    when it runs; what it will be is not guessed here.
    """
    from IPython.core.error import UsageError
    from IPython.core.magic_arguments import parse_argstring

    from nbtrain.notebook.cell.magics import FinetuneMagics

    try:
        return [], parse_argstring(FinetuneMagics.finetune, options)
    except (UsageError, ValueError) as error:
        if "$" in options or "{" in options:
            return [], None
        unknown = _UNKNOWN.search(str(error))
        if unknown is None:
            return [Problem(f"{error}.", line=line)], None
        hint = did_you_mean(unknown["option"], OPTIONS, "`%finetune --help` lists every option.")
        return [Problem(f"`{unknown['option']}` is no option.", line=line, fix=hint)], None

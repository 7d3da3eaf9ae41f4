"""Check the text of a `%%finetune` cell without running it, for errors while the user types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nbtrain.config import from_toml
from nbtrain.errors import ConfigError, Edit, Problem, did_you_mean
from nbtrain.notebook.cell.magic_line import magic_index
from nbtrain.notebook.cell.options import NAMES, body_of, parser

_UNKNOWN = re.compile(r"unrecognized arguments: (?P<option>\S+)")


def problems_of(text: str, variables: Mapping[str, Any]) -> list[Problem]:
    """All problems of a cell, with line numbers of the cell; none if it is not a fine-tune cell.

    It only parses, so it may be called on any thread during training.

    Args:
        text: The cell, including the magic line.
        variables: The variables that "$name" can refer to.
    """
    first = magic_index(text)
    if first is None:
        return []
    lines = text.split("\n")
    options = lines[first].partition("%%finetune")[2].strip()
    problems, body = _option_problems(options, first + 1), body_of(options)
    if body == "unread":
        return problems
    try:
        from_toml("\n".join(lines[first + 1 :]), first_line=first + 2, variables=variables, complete=body == "whole")
    except ConfigError as error:
        problems += error.problems
    return problems


def _option_problems(options: str, line: int) -> list[Problem]:
    """Problems of the magic line. Lines with variables are skipped: IPython inserts their values when the cell runs."""
    from IPython.core.error import UsageError

    try:
        parser().parse_argstring(options)
        return []
    except (UsageError, ValueError) as error:
        if "$" in options or "{" in options:
            return []
        unknown = _UNKNOWN.search(str(error))
        if unknown is None:
            return [Problem(f"{error}.", line=line)]
        option = unknown["option"]
        hint = did_you_mean(
            option, NAMES, "`%finetune --help` lists every option.", lambda name: Edit("word", name, option)
        )
        return [Problem(f"Unknown option `{option}`.", line=line, fix=hint)]

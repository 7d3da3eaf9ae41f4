"""Texts of the form as HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from nbtrain.config.arguments import UNKNOWN
from nbtrain.config.fields import Field
from nbtrain.config.toml.writing import toml_value
from nbtrain.errors import Problem


def prose(text: str) -> str:
    """`text` as HTML, with parts in backticks as code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text, quote=False)).replace("\n", "<br>")


def problems_html(problems: list[Problem], *, where: bool = False) -> str:
    """Problems as HTML, with their fixes.

    Args:
        problems: The problems.
        where: Include their line numbers in the body.
    """
    return "".join(f"<div>{_sentence(problem, where=where)}</div>" for problem in problems)


def _sentence(problem: Problem, *, where: bool) -> str:
    line = f"line {problem.line}: " if where and problem.line is not None else ""
    fix = f" <span class='nbf-fix'>{prose(problem.fix)}</span>" if problem.fix else ""
    return f"<div class='nbf-message'>{prose(line + problem.message)}</div>{fix}"


def error_html(text: str) -> str:
    """An error of several lines as HTML: the message in the first line, hints in the others."""
    first, _, rest = text.partition("\n")
    more = f"<div class='nbf-fix nbf-lines'>{html.escape(rest, quote=False)}</div>" if rest else ""
    return f"<div class='nbf-problem' role='alert'>{prose(first)}{more}</div>"


def about_html(field: Field, keys: Sequence[str]) -> str:
    """The keys of a field, and its help: what it is, its allowed values, and its default."""
    known = field.default is not None and field.default != UNKNOWN
    default = f" Default: <code>{html.escape(toml_value(field.default))}</code>." if known else ""
    help = f"{prose(field.help)} " if field.help else ""
    names = ", ".join(f"<code>{html.escape(key)}</code>" for key in keys)
    takes = f"<span class='nbf-takes'>Takes {prose(field.allowed)}.{default}</span>"
    return f"<div class='nbf-key'>{names}</div><div class='nbf-help'>{help}{takes}</div>"

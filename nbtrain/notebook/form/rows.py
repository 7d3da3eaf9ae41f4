"""The first rows of the data as a small table."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nbtrain import tasks
from nbtrain.preview.thumbnails import Thumbnail

if TYPE_CHECKING:
    from nbtrain.preview import DataPreview
    from nbtrain.preview.rows import Row

MAX_LABELS = 8


def rows_html(data: DataPreview) -> str:
    """Sizes and labels in a line, then the first rows with input and target columns first."""
    reads = tasks.get(data.spec.task).reads
    roles = {**dict.fromkeys(data.spec.inputs, reads), **dict.fromkeys(data.spec.target, "label")}
    columns = [*roles, *(name for name in data.columns if name not in roles)]
    return f"<div class='nbf-facts'>{_facts(data)}</div>{table(columns, data.rows, roles)}"


def table(columns: Sequence[str], rows: Sequence[Row], roles: Mapping[str, str] | None = None) -> str:
    """Rows as a scrollable table; `roles` marks input and target columns."""
    heads = "".join(f"<th scope='col'>{html.escape(name)}{_role((roles or {}).get(name))}</th>" for name in columns)
    cells = ("".join(f"<td>{_cell(row.get(name, ''))}</td>" for name in columns) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    label = "aria-label='The first rows of the data'"
    return (
        f"<div class='nbf-rows' tabindex='0' role='region' {label}><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(value: str | Thumbnail) -> str:
    if isinstance(value, str):
        return html.escape(value)
    words = html.escape(value.words)
    return f"<img src='{value.source}' alt='{words}' title='{words}'>"


def _role(role: str | None) -> str:
    return f" <span class='nbf-role'>{role}</span>" if role else ""


def _facts(data: DataPreview) -> str:
    sizes = " · ".join(f"{size:,} {html.escape(name)}" for name, size in data.sizes.items())
    labels = data.spec.label_names
    more = ", …" if len(labels) > MAX_LABELS else ""
    names = ", ".join(html.escape(name) for name in labels[:MAX_LABELS])
    return sizes + (f" · labels: {names}{more}" if labels else "")

"""Convert values in the syntax of Python or YAML, or with a decimal comma, to TOML."""

from __future__ import annotations

import re
import tomllib

from nbtrain.config.toml.writing import toml_value

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_ITEM = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^,"'\[\]{}]+?)\s*(?:,|\Z)""")


def lenient_number(text: str) -> str | None:
    """`text` as a number in TOML; None if it is not a number."""
    text = text.strip()
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text):
        return None
    if is_value(text):
        return text
    return toml_value(float(text) if re.search("[.eE]", text) else int(text))


def lenient_value(text: str) -> str | None:
    """`text` as a value in TOML, with quotes only where required; None if it is ambiguous."""
    text = text.strip()
    if is_value(text):
        return text
    text = text.removesuffix(",").rstrip() if not text.startswith(("[", "{")) else text
    if (number := lenient_number(text)) is not None:
        return number
    if text.lower() in ("true", "false"):
        return text.lower()
    if text.lower() in ("none", "null", "~"):
        return '"none"'
    if text.startswith("[") and text.endswith("]"):
        return _list(text[1:-1])
    if is_value(text):
        return text
    return toml_value(text) if text and text[0] not in "\"'[{|>&*!" else None


def is_value(text: str) -> bool:
    """Whether `text` is exactly one valid TOML value."""
    try:
        return tomllib.loads(f"x = {text}\n").keys() == {"x"} and "#" not in re.sub(r"\"[^\"]*\"|'[^']*'", "", text)
    except tomllib.TOMLDecodeError:
        return False


def _list(inside: str) -> str | None:
    """A list in TOML from the text between its brackets; None for nested lists."""
    items: list[str | None] = []
    at = 0
    while inside[at:].strip():
        if (item := _ITEM.match(inside, at)) is None:
            return None
        items.append(lenient_value(item[1]))
        at = item.end()
    return None if None in items else f"[{', '.join(item for item in items if item is not None)}]"

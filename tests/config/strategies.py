"""Strategies for texts and values, valid and invalid."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from nbtrain.config import Field, schema
from nbtrain.config.arguments import UNKNOWN
from nbtrain.config.mistaken_text import ESCAPED
from nbtrain.config.toml.writing import toml_key, toml_value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = {"int": st.integers(-(2**40), 2**40), "float": st.floats(allow_nan=False)}
SCALARS = st.one_of(TEXTS, st.booleans(), *NUMBERS.values())
NAMES = st.sampled_from(["a", "b", "num_cycles", "deep"]) | st.text("abcdefgh_- .\"'é", min_size=1, max_size=5)
TABLES = st.dictionaries(
    NAMES, SCALARS | st.dictionaries(NAMES, SCALARS, max_size=2) | st.lists(SCALARS, max_size=2), max_size=3
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), TABLES, st.just("none"), st.just("$name"))
KEYS = st.sampled_from(list(schema())) | st.just("lr_scheduler_kwargs")

COMMENTS = st.sampled_from(["", " # why", "  #", "\t# a = 1", ' # "quoted']) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), max_size=6
).map(lambda text: f" # {text}")
BROKEN = st.sampled_from(
    ["bf16 = True", "lr: 5e-5", "]", "text = [", 'm = """', "seed", "= 3", "a = 'b", "x = {", "[", "[tab", "🙂", "\x00"]
)


def _is_plain(text: str) -> bool:
    """Whether it is no reference, and no path whose backslashes begin escapes, which is refused."""
    return text[:1] != "$" and ESCAPED.isdisjoint(text)


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """Values that the schema allows."""
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "bool": st.booleans(),
        "str": st.sampled_from(field.choices) if field.choices else TEXTS.filter(_is_plain),
        "list": st.lists(TEXTS.filter(lambda text: text[:1] != "$"), max_size=3),
        "dict": TABLES,
        "object": st.just("$name"),
    }
    low = field.low if field.low is not None else field.above
    for kind, numbers in (("int", st.integers), ("float", st.floats)):
        bound: Any = low if low is None or kind == "float" else int(low) + (field.above is not None)
        top: Any = field.below if field.below is None or kind == "float" else int(field.below) - 1
        options: dict[str, Any] = {"min_value": bound, "max_value": top}
        if kind == "float":
            options |= {"allow_nan": False, "allow_infinity": False}
            options |= {"exclude_min": field.above is not None, "exclude_max": field.below is not None}
        elif top is not None and bound is not None and bound > top:
            continue  # no integer is allowed
        kinds[kind] = numbers(**options)
    return st.one_of(
        *(kinds[kind] for kind in field.kinds if kind in kinds), *([st.just("none")] if field.optional else [])
    )


@st.composite
def assignments(draw: st.DrawFn) -> tuple[str, Any]:
    """A key and a valid value."""
    field = schema()[draw(KEYS)]
    return field.name, draw(values_of(field) | (st.just(field.default) if field.default != UNKNOWN else st.nothing()))


@st.composite
def statements(draw: st.DrawFn, key: str) -> str:
    """A statement about `key`, in various notations."""
    value, comment = draw(VALUES), draw(COMMENTS)
    name = draw(st.sampled_from([key, key, f'"{key}"', f"'{key}'"]))
    equals = draw(st.sampled_from([" = ", "=", "   =\t"]))
    indent = draw(st.sampled_from(["", "", "  "]))
    if isinstance(value, list) and draw(st.booleans()):
        written = "[  # items\n" + "".join(f"    {toml_value(item)},  # one\n" for item in value) + "]"
    elif isinstance(value, dict) and value and draw(st.booleans()):
        items = ((toml_key(part), toml_value(item)) for part, item in value.items())
        return "\n".join(f"{key} . {part} = {item}{comment}" for part, item in items)
    elif isinstance(value, str) and draw(st.booleans()) and not set(value) & {"'", "\r", "\n"} and value.isprintable():
        written = draw(st.sampled_from([f"'{value}'", f"'''{value}'''", f"'''\n{value}'''"]))
    else:
        written = toml_value(value)
    return f"{indent}{name}{equals}{written}{comment}"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A cell's body: keys, comments, blank lines, mistakes, tables; with LF or CRLF line endings."""
    keys = draw(st.lists(KEYS, max_size=5))
    lines = [draw(statements(key)) for key in keys]
    for line in draw(st.lists(st.sampled_from(["", "  ", "# note", "#"]) | BROKEN, max_size=3)):
        lines.insert(draw(st.integers(0, len(lines))), line)
    if draw(st.booleans()):
        header = draw(st.sampled_from(["[lr_scheduler_kwargs]  # table", "[lr_scheduler_kwargs . a]", "[k]"]))
        lines += ["", "# about the table", header, "num_cycles = 2 # why", "  b.c = [1]"]
        lines += draw(st.sampled_from([[], ["[lr_scheduler_kwargs.deep]", "x = 1"], ["[[list]]", "y = 1", "[[list]]"]]))
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return newline.join(lines).replace("\r\n", "\n").replace("\n", newline) + draw(
        st.sampled_from(["", newline, newline * 3])
    )

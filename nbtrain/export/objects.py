"""Functions, classes and objects of the user, as self-contained source.

Objects from installed packages are imported. The user's own code is included as source, together with everything that
it refers to: modules, other functions, plain values. Anything else is an error that names it.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib.metadata
import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any, NoReturn

from nbtrain.errors import RunError
from nbtrain.export.free_names import free_names
from nbtrain.export.text import is_plain, literal

RESERVED = (
    "ByLengthTrainer",
    "LongestFirst",
    "SimilarLengths",
    "in_order",
    "input_lengths",
    "main",
    "HERE",
    "MODEL",
    "TOKENIZER",
    "LABELS",
    "MAX_LENGTH",
    "CHECKPOINT",
    "INTERVENTIONS",
    "Interventions",
    "WeightedLoss",
    "plain",
    "plain_metrics",
)
"""Names that the script itself uses."""


@dataclass
class Objects:
    """Collects the user's objects that a script needs.

    Args:
        special: Returns the name of an object that the script defines anyway (its tokenizer), or None.
        tokenizer: Source that loads the tokenizer, for functions that refer to it.

    Attributes:
        imports: Names to import, by module; an empty list imports the module itself.
        definitions: Source by name, in order of dependency.
    """

    special: Callable[[Any], str | None] = lambda value: None
    tokenizer: str = ""
    imports: dict[str, list[str]] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    _bound: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(RESERVED, RESERVED))

    def add(self, key: str, value: Any) -> str:
        """Source of an expression for `value`, the value of configuration key `key`.

        Raises:
            RunError: It cannot be expressed as source.
        """
        if isinstance(value, str) and value.startswith(("$", "<")):
            fix = "Export the run in the process that trained it."
            _refuse(key, f"it was an object, `{value}`, which is not in this process", fix)
        if (name := self.special(value)) is not None:
            return name
        if isinstance(value, (FunctionType, type)):
            return self._bind(key, value.__name__, value)
        return self._object(key, value)

    def add_partial(self, key: str, value: Any) -> tuple[str, list[str]]:
        """Source of a function or class, and of the arguments that a `functools.partial` gives it.

        Raises:
            RunError: One of them cannot be expressed as source.
        """
        if not isinstance(value, functools.partial):
            return self.add(key, value), []
        arguments = [self._argument(key, str(at + 1), given) for at, given in enumerate(value.args)]
        arguments += [f"{name}={self._argument(key, name, given)}" for name, given in value.keywords.items()]
        return self.add(key, value.func), arguments

    def _argument(self, key: str, name: str, given: Any) -> str:
        """Source of an argument: a plain value, or one of numpy or torch."""
        if (known := self.special(given)) is not None:
            return known
        module = type(given).__module__.partition(".")[0]
        if module in ("numpy", "torch") and hasattr(given, "tolist") and is_plain(given.tolist()):
            self.imports.setdefault(module, [])
            dtype = str(given.dtype).removeprefix("torch.")
            make = {"numpy": "numpy.array", "torch": "torch.tensor"}[module]
            return f"{make}({literal(given.tolist())}, dtype={module}.{dtype})"
        if is_plain(given):
            return literal(given)
        if isinstance(given, (FunctionType, type)):
            return self.add(key, given)
        why = f"its argument {name} is an object of type {type(given).__name__}"
        return _refuse(key, why, "Write a subclass that sets it in `__init__`, and use that.")

    def _object(self, key: str, value: Any) -> str:
        """`Class(argument=...)` for an object that stores its arguments as attributes of the same names."""
        kind = type(value)
        try:
            parameters = list(inspect.signature(kind).parameters.values())
        except ValueError:
            _refuse(key, f"an object of type {kind.__name__} has no source", "Write a function or a class.")
        arguments = []
        for parameter in parameters:
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            if not hasattr(value, parameter.name):
                why = f"the object of {kind.__name__} does not store its argument `{parameter.name}`"
                _refuse(key, why, f"Give it an attribute `{parameter.name}`, or make a subclass without arguments.")
            given = getattr(value, parameter.name)
            if _is_default(given, parameter.default):
                continue
            source = self.special(given) or (literal(given) if is_plain(given) else None)
            if source is None:
                why = f"argument `{parameter.name}` of {kind.__name__} is an object of type {type(given).__name__}"
                _refuse(key, why, "Write a subclass that sets it in `__init__`, and use that.")
            arguments.append(f"{parameter.name}={source}")
        return f"{self._bind(key, kind.__name__, kind)}({', '.join(arguments)})"

    def _bind(self, key: str, name: str, value: Any) -> str:
        """Bind `name` to `value` in the script: by an import or a definition."""
        if name in self._bound:
            if self._bound[name] is not value:
                _refuse(key, f"two different things are called `{name}`", "Rename one of them.")
            return name
        self._bound[name] = value
        if isinstance(value, ModuleType) and _is_installed(value.__name__):
            self.imports |= {value.__name__ if value.__name__ == name else f"{value.__name__} as {name}": []}
        elif (home := _import_module(value)) is not None:
            alias = "" if value.__name__ == name else f" as {name}"
            self.imports.setdefault(home, []).append(f"{value.__name__}{alias}")
        elif isinstance(value, (FunctionType, type)):
            self._define(key, name, value)
        elif is_plain(value):
            self.definitions[name] = f"{name} = {literal(value)}"
        elif self.special(value) is not None:
            self.definitions[name] = f"{name} = {self.tokenizer}"
        else:
            kind = f"an object of type {type(value).__name__}"
            kind = "a module that is not installed" if isinstance(value, ModuleType) else kind
            _refuse(key, f"it uses `{name}`, {kind}", f"Define `{name}` inside it.")
        return name

    def _define(self, key: str, name: str, value: Any) -> None:
        source = _source(value)
        try:
            tree = ast.parse(source or "")
        except SyntaxError:
            tree = ast.parse("")
        if source is None or len(tree.body) != 1 or getattr(tree.body[0], "name", None) != name:
            what = "a lambda" if getattr(value, "__name__", "") == "<lambda>" else f"`{name}`, whose source is unknown"
            _refuse(key, f"it is, or uses, {what}", "Write it as a function with `def` in a cell or a file.")
        known, needed = _namespace(value), free_names(tree)
        for free in free_names(tree, annotations=True):
            if free in needed and free in known:
                self._bind(key, free, known[free])
            elif free in known and _import_module(known[free]) is not None:
                self._bind(key, free, known[free])  # in an annotation only
            elif free in needed and not hasattr(builtins, free):
                _refuse(key, f"it uses `{free}`, which is not defined", f"Define `{free}` inside it.")
        self.definitions[name] = source


def _refuse(key: str, why: str, fix: str) -> NoReturn:
    raise RunError(f"`{key}` cannot be exported to a script: {why}.\n    {fix}")


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (is_plain(value) and type(value) is type(default) and bool(value == default))


@functools.cache
def _distributed() -> frozenset[str]:
    return frozenset(importlib.metadata.packages_distributions())


def _is_installed(module: str) -> bool:
    """Whether a script in any folder can import `module`: it is in the standard library or an installed package."""
    top = module.partition(".")[0]
    return top != "__main__" and (top in sys.stdlib_module_names or top in _distributed())


def _import_module(value: Any) -> str | None:
    """The installed module from which a script can import `value`, preferably the top-level package."""
    module, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if not (isinstance(module, str) and isinstance(name, str) and _is_installed(module)):
        return None
    homes = (module.partition(".")[0], module)
    return next((home for home in homes if getattr(sys.modules.get(home), name, None) is value), None)


def _source(value: Any) -> str | None:
    try:
        return textwrap.dedent(inspect.getsource(value)).strip()
    except (OSError, TypeError):
        return _class_source(value) if isinstance(value, type) else None


def _class_source(kind: type) -> str | None:
    """Source of a class that is defined in a notebook cell, where `inspect.getsource` fails: find the `ClassDef` around
    one of its methods in `linecache`.
    """
    for member in vars(kind).values():
        code = getattr(inspect.unwrap(getattr(member, "__func__", member)), "__code__", None)
        if code is None:
            continue
        lines = linecache.getlines(code.co_filename)
        try:
            nodes = ast.walk(ast.parse("".join(lines)))
        except SyntaxError:
            continue
        for node in nodes:
            if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
                start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                end = node.end_lineno or start
                if start <= code.co_firstlineno <= end:
                    return textwrap.dedent("".join(lines[start - 1 : end])).strip()
    return None


def _namespace(value: Any) -> dict[str, Any]:
    """The namespace in which the source of a function or a class is evaluated."""
    functions = [value] if isinstance(value, FunctionType) else _methods(value)
    module = sys.modules.get(value.__module__)
    known = {
        base.__name__: base for base in getattr(value, "__bases__", ())
    }  # not always in the namespace of a local class
    known |= vars(module) if module is not None else {}
    for function in functions:
        known |= function.__globals__
    for function in functions:
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                known[name] = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
    return known


def _methods(kind: type) -> list[FunctionType]:
    members = (inspect.unwrap(getattr(member, "__func__", member)) for member in vars(kind).values())
    return [member for member in members if isinstance(member, FunctionType) and member.__module__ == kind.__module__]

"""The user's own `compute_metrics`: checked, and with results that a journal and a checkpoint can store."""

from __future__ import annotations

import dis
import functools
import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any

from nbtrain.errors import ConfigError, Problem
from nbtrain.events.codec import plain

KEY = "compute_metrics"
EXAMPLE = 'Its last line is, for example: return {"accuracy": accuracy}'


def checked(function: Any) -> Callable[..., dict[str, Any]]:
    """`function` with its results as JSON types: an array becomes a list, so that the Trainer can save its state.

    Raises:
        ConfigError: It is not a function, or has no `return`.
    """
    if not callable(function):
        problem = Problem(
            f"`{KEY}` must be a function, got an object of type {type(function).__name__}.", KEY, fix=EXAMPLE
        )
        raise ConfigError([problem])
    if _returns_nothing(function):
        raise _no_dict(function, None)

    @functools.wraps(function)
    def compute_metrics(*args: Any, **kwargs: Any) -> dict[str, Any]:
        result = function(*args, **kwargs)
        if not isinstance(result, Mapping):
            if not kwargs.get("compute_result", True):
                return {}  # with `batch_eval_metrics`, only the last batch has a result
            raise _no_dict(function, result)
        return {str(name): plain(value) for name, value in result.items()}

    return compute_metrics


def _no_dict(function: Any, result: Any) -> ConfigError:
    got = "returns nothing" if result is None else f"returns {result!r:.60}, a {type(result).__name__}"
    message = f"`{KEY}`: {_place(function)} {got}; it must return a dict of metrics."
    return ConfigError([Problem(message, KEY, fix=EXAMPLE)])


def _place(function: Any) -> str:
    """The function with the line of its definition: "`scores` (metrics.py, line 3)"."""
    code = _code(function)
    if code is None:
        return f"`{getattr(function, '__name__', type(function).__name__)}`"
    name = "a lambda" if code.co_name == "<lambda>" else f"`{code.co_name}`"
    where = f"{os.path.basename(code.co_filename)}, line" if os.path.isfile(code.co_filename) else "line"
    of_cell = "" if os.path.isfile(code.co_filename) else " of its cell"
    return f"{name} ({where} {code.co_firstlineno}{of_cell})"


def _code(function: Any) -> Any:
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if not hasattr(function, "__code__") and not inspect.isclass(function):
        function = getattr(type(function), "__call__", function)  # noqa: B004
    return getattr(getattr(function, "__func__", function), "__code__", None)


def _returns_nothing(function: Any) -> bool:
    """Whether each `return` of a function, if it has any, is one of None."""
    code = _code(function)
    if code is None or code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("NOP", "CACHE")]
    ends = [at for at, step in enumerate(steps) if step.opname in ("RETURN_VALUE", "RETURN_CONST")]
    return bool(ends) and all(_gives_none(steps[at], steps[at - 1]) for at in ends)


def _gives_none(end: dis.Instruction, before: dis.Instruction) -> bool:
    if end.opname == "RETURN_VALUE" and end.is_jump_target:
        return False  # `return value if condition else None`
    loads = end if end.opname == "RETURN_CONST" else before
    return loads.opname in ("RETURN_CONST", "LOAD_CONST") and loads.argval is None

"""A cache of slow results, for as long as their inputs are the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Result = TypeVar("Result")

MAX_RESULTS = 4
"""Cached results of each kind: enough to switch between a few values without repeating work."""


class ResultCache:
    """The most recently used results of each kind of work. Errors are not cached."""

    def __init__(self) -> None:
        self._results: dict[str, dict[Hashable, tuple[Any, Any]]] = {}

    def get(self, kind: str, key: Hashable, sources: Any, compute: Callable[[], Result]) -> Result:
        """The cached result for `key`; computed if there is none.

        Args:
            kind: The kind of work.
            key: Everything that the result depends on.
            sources: The objects whose `id` is in `key`; they are kept alive, so that their `id` is not used again.
            compute: Does the work.
        """
        results = self._results.setdefault(kind, {})
        if key in results:
            results[key] = results.pop(key)
        else:
            results[key] = (compute(), sources)
            while len(results) > MAX_RESULTS:
                del results[next(iter(results))]
        result: Result = results[key][0]
        return result

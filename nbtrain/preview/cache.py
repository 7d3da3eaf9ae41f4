"""Remembered: results of slow work, for as long as what they were made from is the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Result = TypeVar("Result")

MOST = 4
"""Results of one kind that are kept, so that going back and forth between two values costs nothing."""


class Remembered:
    """The newest results of each kind of work. What fails is tried anew the next time."""

    def __init__(self) -> None:
        self._results: dict[str, dict[Hashable, tuple[Any, Any]]] = {}

    def get(self, kind: str, key: Hashable, made_from: Any, make: Callable[[], Result]) -> Result:
        """The result for `key`, made if there is none yet.

        Args:
            kind: The kind of work.
            key: All that the result depends on.
            made_from: The objects whose addresses are in `key`; they are kept, so that no other gets the address.
            make: Does the work.
        """
        results = self._results.setdefault(kind, {})
        if key in results:
            results[key] = results.pop(key)
        else:
            results[key] = (make(), made_from)
            while len(results) > MOST:
                del results[next(iter(results))]
        result: Result = results[key][0]
        return result

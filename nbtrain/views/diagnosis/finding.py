"""What a rule of the diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["note", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One thing that holds for a run and that its user should know.

    Args:
        id: The rule: the name of its function.
        level: "note", "warning" or "error".
        what: The matter, in a few words: "Overfitting".
        evidence: The numbers and steps that show it, without a full stop.
        action: What to do about it, as one or more sentences; "" if there is nothing to do. Code is in backticks.
        branch: Step of a checkpoint from which to branch, for a button; 0 without one.
    """

    id: str
    level: Level
    what: str
    evidence: str
    action: str = ""
    branch: int = 0

    @property
    def sentence(self) -> str:
        """All of it as text."""
        return f"{self.what}: {self.evidence}." + (f" {self.action}" if self.action else "")

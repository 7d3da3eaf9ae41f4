"""What the tasks have in common whose model gives one vector for a whole input (`...ForSequenceClassification`)."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from nbtrain.tasks.base import Task
from nbtrain.tasks.script import Script

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

    from nbtrain.events import TaskSpec

ProblemType = Literal["single_label_classification", "multi_label_classification", "regression"]
"""The `problem_type` of a model's configuration; it determines the loss that transformers computes."""


class SequenceTask(Task):
    """A task whose model gives one vector for each example."""

    auto_model = "AutoModelForSequenceClassification"
    adapter_type: ClassVar[str | None] = "SEQ_CLS"

    problem_type: ClassVar[ProblemType]

    predictions_code: ClassVar[str]
    """For a script: the predictions, from `logits`."""

    probabilities_code: ClassVar[str] = ""
    """For a script: the probabilities, from `logits`, by `expit` or `softmax` of SciPy."""

    label_ids_code: ClassVar[str] = ""
    """For a script: what is added to `prediction.label_ids`."""

    def suits(self, model_config: PreTrainedConfig) -> bool:
        return bool(model_config.problem_type == self.problem_type)

    def model_options(self, spec: TaskSpec) -> dict[str, Any]:
        return {**super().model_options(spec), "problem_type": self.problem_type}

    @property
    def learns_from_words(self) -> bool:
        return self.reads == "text"

    @abstractmethod
    def label_codes(self, columns: Sequence[str]) -> list[str]:
        """As `Script.labels`; `columns` is source for each label column of `batch`."""

    def script(self, spec: TaskSpec) -> Script:
        return Script(self.label_codes([f"batch[{json.dumps(name, ensure_ascii=False)}]" for name in spec.target]))

"""A run as a plain `transformers` script, which trains the same model without nbtrain."""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.errors import RunError
from nbtrain.events import journal
from nbtrain.events.codec import plain
from nbtrain.export import files
from nbtrain.export.arguments import USE_CPU, training_arguments
from nbtrain.export.beginning import checkpoint_of
from nbtrain.export.by_length import classes
from nbtrain.export.data import companion_folder, data_for
from nbtrain.export.interventions import FINITE_TRAINER, callback, harmless, read_interventions, table
from nbtrain.export.metrics import compute_metrics
from nbtrain.export.model import is_tokenizer_of, model_source, tokenizer_source
from nbtrain.export.objects import Objects
from nbtrain.export.text import call, imports, indented, literal
from nbtrain.training import adapters, length_batching, weighted_loss

if TYPE_CHECKING:
    from nbtrain.events import Prepared
    from nbtrain.training.live_run import StoredRun

VERSIONS = ("torch", "transformers", "accelerate", "datasets")

METRIC_SCHEDULES = ("reduce_lr_on_plateau", "greedy")
"""Schedules that depend on the results of evaluations."""


def write_script(run: StoredRun, path: Path) -> Path:
    """Write the script of `run`, and next to it the data that it cannot load from elsewhere.

    Raises:
        RunError: Something in the run cannot be exported, or a file already exists.
    """
    if not run.config.given:
        raise RunError(
            "This run was recorded by `nbtrain.watch`: its script is your own code that created the Trainer.\n"
            "    `export` works for runs of `%%finetune` cells and of `nbtrain.finetune(...)`."
        )
    if run.state.prepared is None:
        raise RunError("This run failed before its data was read: there is nothing to export.")
    writer = _Writer(run, run.state.prepared, path)
    text = writer.text()
    files.check_free(path, text)
    for file, rows in writer.data.files.items():
        files.check_data_free(file, rows)
    for file, rows in writer.data.files.items():
        files.write_data(file, rows)
    if writer.tokenizer == "":
        run.model.trainer.processing_class.save_pretrained(companion_folder(path, "tokenizer"))
    files.write_text(path, text)
    return path


class _Writer:
    """Writes the parts of one script, from top to bottom."""

    def __init__(self, run: StoredRun, prepared: Prepared, path: Path) -> None:
        self.run, self.spec, self.path, self.config = run, prepared.spec, path, run.config
        self.task, self.speed = tasks.get(self.spec.task), prepared.speed
        self.script, self.processor = self.task.script(self.spec), self.task.processor_name
        self.model, self.tokenizer = model_source(self.config), tokenizer_source(self.config)
        self.arguments: list[str] = []
        self.metrics = ""
        self.interventions = read_interventions(journal.read(run.directory))
        if self.interventions.set_after_evaluation and self.config["lr_scheduler_type"] in METRIC_SCHEDULES:
            self.interventions.warnings.append(
                "a learning rate was set while the schedule was waiting for the result of an evaluation"
            )
        self.checkpoint = checkpoint_of(run, self.interventions)
        self.data = data_for(run, prepared, path)
        self.imports: dict[str, list[str]] = {
            "argparse": [],
            "pathlib": ["Path"],
            "datasets": ["load_dataset"],
            "transformers": [self.task.auto_model, self.task.processor, self.task.arguments, "set_seed"],
        }
        self.objects = Objects(
            special=lambda value: self.processor if is_tokenizer_of(self.config, value) else None,
            tokenizer=self._load_processor(),
        )

    def text(self) -> str:
        """The whole script."""
        functions = self._functions()
        main = self._main()
        user = list(self.objects.definitions.values())
        parts = [
            f"{self._docstring()}\n\n{self._imports()}\n\n{self._constants()}",
            *user,
            *functions,
            main,
            'if __name__ == "__main__":\n    main()',
        ]
        return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"

    def _docstring(self) -> str:
        from importlib.metadata import version

        versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
        promise = (
            "In one process, on the machine of the run and with its versions "
            f"({versions}), it gives the same weights bit for bit."
        )
        said = [f"Its weights may differ from those of the run: {why}." for why in self.interventions.warnings] or [
            promise
        ]
        if self.config["track_train_examples"]:
            said.append("How each training example goes (`track_train_examples`) is recorded by nbtrain only.")
        lines = [
            f'"""Fine-tunes a model for {self.task.words}, as run {self.run.id} did.',
            *("\n" + textwrap.fill(sentence, 110) for sentence in said),
            "",
            f"    python {self.path.name}",
            f"    accelerate launch {self.path.name}",
            '"""',
        ]
        return "\n".join(lines)

    def _imports(self) -> str:
        for module, names in self.objects.imports.items():
            self.imports.setdefault(module, []).extend(names)
        annotated = self.objects.definitions or self.speed.get("by_length") or self.script.functions
        future = "from __future__ import annotations\n\n" if annotated else ""
        return future + imports(self.imports)

    def _constants(self) -> str:
        lines = ["HERE = Path(__file__).resolve().parent", f"MODEL = {self.model}"]
        if self.tokenizer is not None:
            lines.append(f"TOKENIZER = {self.tokenizer or self._saved_tokenizer()}")
        lines += [f"{name} = {value}" for name, value in self.data.constants.items()]
        if self.checkpoint is not None:
            lines.append(f"CHECKPOINT = {literal(str(self.checkpoint))}")
        if self.spec.labels:
            lines.append(f"LABELS = {literal(list(self.spec.label_names))}")
        if "max_length" in self.spec.options:
            lines.append(f"MAX_LENGTH = {self.spec.options['max_length']}  # tokens; longer inputs are truncated")
        lines += [f"{name} = {literal(value)}" for name, value in (self.script.constants or {}).items()]
        hand = ["", table(self.interventions)] if self.interventions.changes else []
        return "\n".join([*lines, *hand, *harmless(self.interventions)])

    def _saved_tokenizer(self) -> str:
        return f"HERE / {literal(companion_folder(self.path, 'tokenizer').name)}"

    def _load_processor(self) -> str:
        return f"{self.task.processor}.from_pretrained({'MODEL' if self.tokenizer is None else 'TOKENIZER'})"

    def _functions(self) -> list[str]:
        """The definitions before `main` (Trainer, metrics, callbacks); sets the arguments of the Trainer, too."""
        functions: list[str] = []
        options: dict[str, str] = {}
        if self.config["trainer_class"] is not None:
            self.trainer, self.arguments = self.objects.add_partial("trainer_class", self.config["trainer_class"])
        else:
            self.trainer = self.task.trainer
            self.imports["transformers"].append(self.trainer)
            functions += self._by_length()
        if self.config["data_collator"] is not None:
            options["data_collator"] = self.objects.add("data_collator", self.config["data_collator"])
        elif self.script.collator:
            self.imports["transformers"] += re.findall(r"DataCollator\w+", self.script.collator)
            options["data_collator"] = self.script.collator
        functions += self._of_task()
        if self.script.reduce and self.config["compute_metrics"] is None:
            options["preprocess_logits_for_metrics"] = self.script.reduce
        if self.config["compute_metrics"] is not None:
            functions += self._own_metrics(options)
        else:
            self.metrics = self._metrics()
            options["compute_metrics"] = "compute_metrics"
            if self.script.scores is None:
                functions.append(self.metrics)
                self.metrics = ""
        functions += self._loss(options)
        if self.interventions.skips_batches:
            functions.append(FINITE_TRAINER.format(base=self.trainer))
            self.imports["torch"], self.trainer = [], "FiniteTrainer"
        callbacks = self._callbacks()
        if self.interventions.changes:
            self.imports["transformers"].append("TrainerCallback")
            functions += callback(self.interventions)
            callbacks.append("Interventions()")
        if callbacks:
            options["callbacks"] = f"[{', '.join(callbacks)}]"
        self.options = options
        return functions

    def _of_task(self) -> list[str]:
        """The functions of the task, by their source."""
        for module, names in (self.script.imports or {}).items():
            self.imports.setdefault(module, []).extend(names)
        scores = self.script.scores if self.config["compute_metrics"] is None else None
        return [inspect.getsource(one) for one in (*self.script.functions, *([scores] if scores else []))]

    def _own_metrics(self, options: dict[str, str]) -> list[str]:
        """What is defined besides the user's `compute_metrics`; sets the argument of the Trainer, too."""
        name = options["compute_metrics"] = self.objects.add("compute_metrics", self.config["compute_metrics"])
        if not any(evaluation.details for evaluation in self.run.state.evaluations):
            return []
        options["compute_metrics"] = "plain_metrics"  # a checkpoint cannot store arrays
        self.imports.setdefault("collections.abc", []).append("Mapping")
        self.imports.setdefault("typing", []).append("Any")
        return [inspect.getsource(plain), f"def plain_metrics(prediction):\n    return plain({name}(prediction))"]

    def _loss(self, options: dict[str, str]) -> list[str]:
        """The definition of the loss, if it is not the model's own; sets the argument of the Trainer, too."""
        if weights := self.spec.options.get("class_weights"):
            smoothing = self.config["label_smoothing_factor"]
            used = self.task.weighted_loss
            takes_smoothing = smoothing and used == weighted_loss.WeightedLoss.__name__
            arguments = [literal(weights), *([literal(smoothing)] if takes_smoothing else [])]
            options["compute_loss_func"] = call(used, arguments)
            return self._source_of(weighted_loss, used)
        if self.config["compute_loss_func"] is not None:
            options["compute_loss_func"] = self.objects.add("compute_loss_func", self.config["compute_loss_func"])
        return []

    def _by_length(self) -> list[str]:
        """The Trainer class of the run, if it was not the plain one."""
        if not self.speed.get("by_length"):
            return []
        self.trainer = length_batching.ByLengthTrainer.__name__
        return self._source_of(length_batching)

    def _source_of(self, module: ModuleType, name: str = "") -> list[str]:
        """The source of a module of nbtrain, or of one class of it; its imports are added."""
        needed, parts = classes(module, name)
        for name, names in needed.items():
            self.imports.setdefault(name, []).extend(names)
        return parts

    def _metrics(self) -> str:
        named = self.config["metrics"]
        wanted = [named] if isinstance(named, str) else named
        if wanted is None:
            wanted = self.task.default_metrics(self.spec)
        found = compute_metrics(wanted, self.spec)
        for module, names in found.imports.items():
            self.imports.setdefault(module, []).extend(names)
        return found.source

    def _callbacks(self) -> list[str]:
        given: Any = self.config["callbacks"] or []
        names = [self.objects.add("callbacks", one) for one in (given if isinstance(given, (list, tuple)) else [given])]
        patience = self.config["early_stopping_patience"]
        if patience is not None:
            self.imports["transformers"].append("EarlyStoppingCallback")
            names.append(f"EarlyStoppingCallback(early_stopping_patience={patience})")
        return names

    def _main(self) -> str:
        resume = "" if self.checkpoint is None else "resume_from_checkpoint=CHECKPOINT"
        loads = "\n".join(f"{literal(role)}: {load}," for role, load in self.data.loads.items())
        values = training_arguments(self.config, self.speed.get("arguments", {}), self.task)
        if USE_CPU in values.values():
            self.imports["torch"] = []
        arguments = [f"{name}={value}" for name, value in values.items()]
        encode, does = "rows.map(encode, batched=True, remove_columns=rows.column_names)", "tokenizes"
        if self.task.on_demand:
            encode, does = "rows.with_transform(encode)", "reads the data"
        parts = [
            "parser = argparse.ArgumentParser()\n"
            f'parser.add_argument("--output_dir", default=str(HERE / "{self.path.stem}_output"))\n'
            "output_dir = parser.parse_args().output_dir",
            "\n".join(
                [
                    call(f"arguments = {self.task.arguments}", ["output_dir=output_dir", *arguments]),
                    f"{self.processor} = {self._load_processor()}",
                    *([self.script.prepare] if self.script.prepare else []),
                ]
            ),
            f"def encode(batch):\n{indented(self._encode())}",
            f"with arguments.main_process_first():  # one process {does}, the others use its cache\n"
            f"    data = {{\n{indented(indented(loads))}\n    }}\n"
            f"    splits = {{\n        name: {encode} for name, rows in data.items()\n    }}",
            *([self.metrics] if self.metrics else []),
            f"set_seed(arguments.seed)  # the head of the model is newly initialised\n{self._model()}",
            f"{self._trainer()}\ntrainer.train({resume})\ntrainer.save_model()",
        ]
        return "def main():\n" + indented("\n\n".join(parts))

    def _encode(self) -> str:
        if self.script.encode:
            labels = f"labels = {self.data.labels}\n" if self.data.labels else ""
            return f"{labels}return {self.script.encode}"
        texts = [f"batch[{literal(name)}]" for name in self.spec.inputs]
        lines = []
        if len(texts) > 2:  # tokenizers take two
            between = "tokenizer.sep_token or tokenizer.eos_token or '|'"
            lines = [f'between = f" {{{between}}} "']
            lines.append(f"second = [between.join(parts) for parts in zip({', '.join(texts[1:])})]")
            texts = [texts[0], "second"]
        lines.append(f"encoded = tokenizer({', '.join(texts)}, truncation=True, max_length=MAX_LENGTH)")
        lines.append(f'encoded["labels"] = {self.data.labels}')
        return "\n".join([*lines, "return encoded"])

    def _model(self) -> str:
        labels = self.spec.labels
        names = ["id2label=dict(enumerate(LABELS))", "label2id={name: at for at, name in enumerate(LABELS)}"]
        options = [
            *(
                f"{name}={'len(LABELS)' if name == 'num_labels' and labels else literal(value)}"
                for name, value in self.task.model_options(self.spec).items()
            ),
            *(names if labels else []),
            "ignore_mismatched_sizes=True",
            *([f"attn_implementation={literal(self.speed['attention'])}"] if "attention" in self.speed else []),
        ]
        loaded = call(f"model = {self.task.auto_model}.from_pretrained", ["MODEL", *options])
        return "\n".join([loaded, *self._adapter()])

    def _adapter(self) -> list[str]:
        """What puts the adapter on the model, if the run has one."""
        if self.config["lora_r"] is None:
            return []
        self.imports.setdefault("peft", []).extend(["LoraConfig", "get_peft_model"])
        heads = adapters.modules_to_save(self.run.model.trainer.model)
        values = {**adapters.options(self.config, self.task), "modules_to_save": heads, "exclude_modules": heads}
        arguments = [f"{name}={literal(value)}" for name, value in values.items() if value not in (None, [])]
        inputs = ["model.enable_input_require_grads()"] if self.config["gradient_checkpointing"] else []
        return [call("model = get_peft_model", ["model", call("LoraConfig", arguments)]), *inputs]

    def _trainer(self) -> str:
        options = {
            "model": "model",
            "args": "arguments",
            "train_dataset": 'splits["train"]',
            "eval_dataset": 'splits["validation"]',
            "processing_class": self.processor,
            **self.options,
        }
        named = [f"{name}={value}" for name, value in options.items()]
        return call(f"trainer = {self.trainer}", [*self.arguments, *named])

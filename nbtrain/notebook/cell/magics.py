"""`%%finetune` and `%finetune`: parse the magic line and the body, then train."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.getipython import get_ipython
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.display import display

from nbtrain.config import describe, from_toml, schema
from nbtrain.config.describe import template
from nbtrain.config.other_names import ALIASES
from nbtrain.errors import did_you_mean
from nbtrain.notebook.cell import options
from nbtrain.notebook.cell.magic_line import name_problem
from nbtrain.notebook.kernel.import_lock import IMPORT_LOCK

if TYPE_CHECKING:
    from nbtrain.runs.run import Run
    from nbtrain.training.live_run import StoredRun

EXAMPLE = """%%finetune --out run
model = "demo"
dataset = "demo"
"""


@magics_class
class FinetuneMagics(Magics):
    """The magics of nbtrain."""

    @line_cell_magic
    def finetune(self, line: str, cell: str | None = None) -> Any:
        """Fine-tune a model; the body of the cell is its configuration in TOML.

        Example::

            %%finetune --out run
            model = "bert-base-cased"
            dataset = "glue/mrpc"
            num_train_epochs = 3
        """
        arguments = options.parser().parse_argstring(line)
        if arguments.help is not None:
            return _help(arguments.help)
        if arguments.template is not None:
            return self._template(arguments.template)
        if arguments.form:
            return self._form(line, cell, arguments.out)
        if arguments.write:
            return self._write()
        if arguments.list or (arguments.all and arguments.clean is None):
            from nbtrain.runs.listing import Listing

            _show(Listing.of(self.shell.user_ns, everything=arguments.all))
            return None
        if arguments.clean is not None:
            from nbtrain.runs.clean import clean

            names = [name.strip("\"'") for name in arguments.clean]
            print(clean(names, self.shell.user_ns, confirmed=arguments.yes, everything=arguments.all))
            return None
        if arguments.show is not None:
            from nbtrain.notebook.cell.show_run import show

            return show(self.shell, arguments.show)
        if cell is None and arguments.resume is not None:
            cell = ""
        if cell is None:
            raise UsageError(
                f"%finetune needs an option, such as --help or --template. To train, start a cell with:\n{EXAMPLE}"
            )
        return self._train(cell, arguments)

    finetune.__doc__ = f"{finetune.__doc__}\nOptions:\n{options.help_text()}\n"

    def _template(self, task: str) -> None:
        from nbtrain import tasks

        if task and task not in tasks.names():
            names = ", ".join(tasks.names())
            raise UsageError(f"Unknown task `{task}`. {did_you_mean(task, tasks.names(), f'Allowed: {names}.')}")
        self.shell.set_next_input("%%finetune --out run\n" + template(task or None))
        print("A starter cell was inserted below: change it, and run it.")

    def _form(self, line: str, cell: str | None, out: str | None) -> Any:
        from nbtrain.notebook.form.api import open_form

        _variable_name(out)
        return open_form(self.shell, line, cell)

    def _write(self) -> None:
        from nbtrain.notebook.form.api import newest

        form = newest()
        if form is None:
            raise UsageError("There is no form yet to write as a cell. `%finetune --form` shows one.")
        self.shell.set_next_input(form.text)

    def _train(self, cell: str, arguments: Any) -> Any:
        from nbtrain.notebook.displays import views_for
        from nbtrain.notebook.kernel.background import unavailable_reason
        from nbtrain.runs.find import find
        from nbtrain.runs.start import report_interrupt
        from nbtrain.training.job import FinetuneJob
        from nbtrain.training.resume import ResumePoint
        from nbtrain.training.resume_changes import changed_config

        out, variables = _variable_name(arguments.out), self.shell.user_ns
        origin = (
            None
            if arguments.resume is None
            else ResumePoint.of(find(arguments.resume, variables).stored, arguments.step)
        )
        config = from_toml(cell, first_line=2, variables=variables, complete=origin is None)
        if arguments.dry_run:
            from nbtrain.preview.dry_run import dry_run_report

            print(dry_run_report(config if origin is None else changed_config(origin, config, variables), origin))
            return None
        refusal = unavailable_reason(self.shell) if arguments.background else None
        background = arguments.background and refusal is None
        shown = {"is_result": out is None, "quiet": arguments.quiet, "background": background}
        runs: list[Run] = []
        job = FinetuneJob(
            config,
            functools.partial(views_for, self.shell, **shown),
            origin,
            variables,
            on_run=lambda stored: runs.append(self._assign(stored, out)),
            name=out or "",
        )
        if refusal is not None:
            job.warn(refusal)
        if background:
            job.train_in_background(preparing=lambda: IMPORT_LOCK)
        else:
            with IMPORT_LOCK:
                job.prepare()
            with report_interrupt(lambda: runs[-1]):
                job.train()
        return runs[-1] if out is None else None

    def _assign(self, stored: StoredRun, out: str | None) -> Run:
        """Create the `Run` and assign its variable, before the first step."""
        from nbtrain.runs.run import Run

        run = Run(stored)
        if out is not None:
            self.shell.push({out: run})
        return run


HELP = """%%finetune: fine-tune a model; the body of the cell is its configuration.

  %%finetune --out run
  model = "bert-base-cased"
  dataset = "glue/mrpc"

Options of %%finetune and %finetune:"""


class _AllKeys:
    """The help of all keys."""

    def __repr__(self) -> str:
        return describe.help_text()

    def _repr_html_(self) -> str:
        return describe.help_html()


def _help(about: str) -> None:
    """The short help, that of a key or an option, or of all keys.

    Raises:
        UsageError: There is no such key or option.
    """
    name = about.strip("\"'")
    if not name:
        print(f"{HELP}\n{options.help_text()}\n\n{describe.short_help()}")
    elif name == "all":
        _show(_AllKeys())
    elif (key := ALIASES.get(name, name)) in schema():
        print(describe.key_help(key))
    elif found := [option for option in options.OPTIONS if option.name.lstrip("-") == name.lstrip("-")]:
        print(f"{found[0].name} {found[0].value}".strip() + f"\n      {found[0].help}")
    else:
        names = [*schema(), *(option.name for option in options.OPTIONS)]
        hint = did_you_mean(name, names, "`%finetune --help all` lists every key.")
        raise UsageError(f"Unknown key `{name}`. {hint}")


def _show(shown: Any) -> None:
    """Display an object with its HTML; print its text where there is no front end for HTML."""
    if getattr(get_ipython(), "kernel", None) is None:
        print(repr(shown))
    else:
        display(shown)


def _variable_name(given: str | None) -> str | None:
    if given is None:
        return None
    name = given.strip("\"'")
    if (problem := name_problem(name)) is not None:
        raise UsageError(problem)
    return name

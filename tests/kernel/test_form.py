"""The form in a real kernel: clicks and edits come as comm messages, and the run trains between the cells."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.conftest import Kernel

WIDGET = "application/vnd.jupyter.widget-view+json"
CELL = """form = nbtrain.form('''%%finetune --out run
# a small one
model = "{model}"
train = "{train}"
text = ["left", "right"]
use_cpu = true
{lines}
''')
form
"""
LONG = 'num_train_epochs = 1000\neval_strategy = "no"\nsave_strategy = "no"'
CHANNEL = "__import__('nbtrain.notebook.kernel.channel', fromlist=['channel']).channel()"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("form"))
    try:
        assert kernel.execute("import torch, nbtrain; torch.set_num_threads(1)\n%load_ext nbtrain") == "ok"
        yield kernel
    finally:
        kernel.close()


@pytest.fixture
def cell(tiny_model: Path, pairs_file: Path) -> Callable[[str], str]:
    """A cell that shows a form, with additional lines in its text."""
    return lambda lines: CELL.format(model=tiny_model, train=pairs_file, lines=lines)


def send(kernel: Kernel, comm: str, data: dict[str, Any]) -> None:
    """Send a comm message like a page."""
    client = kernel.client
    client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": comm, "data": data}))


def click(kernel: Kernel, button: str) -> None:
    """Click the button to which an expression evaluates."""
    comm = kernel.value(f"{button}.comm.comm_id")
    send(kernel, comm, {"method": "custom", "content": {"event": "click"}})


def type_in(kernel: Kernel, key: str, text: str) -> None:
    """Type into the box of a key."""
    control = f"form.view.fields.field({key!r}).control"
    comm = kernel.value(f"getattr({control}, '_box', {control}).widget.comm.comm_id")
    send(kernel, comm, {"method": "update", "state": {"value": text}, "buffer_paths": []})


def until(kernel: Kernel, expression: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not kernel.value(f"bool({expression})"):
        assert time.monotonic() < end, kernel.value(f"str({expression})")
        time.sleep(0.05)


def messages(kernel: Kernel, seconds: float = 0.5) -> list[dict[str, Any]]:
    """All messages that the kernel publishes now, of any cell."""
    import queue

    seen, end = [], time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            seen.append(kernel.client.get_iopub_msg(timeout=left))
        except queue.Empty:
            break
    return seen


def told(kernel: Kernel) -> list[str]:
    return list(kernel.value("[part.value for part in form.view.training.widget.children if hasattr(part, 'value')]"))


def test_a_branch_from_the_panel_of_a_form_trains_in_the_form(kernel: Kernel, cell: Callable[[str], str]) -> None:
    assert kernel.execute(cell("num_train_epochs = 300\nsave_total_limit = 2")) == "ok", kernel.error()
    click(kernel, "form.view.footer.train")
    until(kernel, "form.run and len(form.run.checkpoints)")
    parent, step = kernel.value("form.run.id, int(form.run.checkpoints.step.iloc[0])")
    panel = kernel.value("form.view.training.widget.children[0].comm.comm_id")
    command = {"run": parent, "id": 1, "command": "branch", "values": {"step": step}}
    send(kernel, panel, {"method": "custom", "content": command})
    until(kernel, "len(form.runs) == 2 and form.run.status == 'paused'")
    assert kernel.value("run is form.run, form.runs[0].status") == (True, "stopped")
    assert kernel.value("run.state.branched.parent, run.state.branched.step") == (parent, step)
    assert kernel.value("[type(part).__name__ for part in form.view.training.widget.children]") == ["Panel"]
    assert kernel.value("form.view.training.widget.children[0].comm.comm_id") != panel, "each run has its own"
    assert kernel.execute("run.stop()") == "ok"
    until(kernel, "run.state.ended and not form.view.training.busy")
    assert kernel.value("run.status, len(form.view.training.widget.children)") == ("stopped", 0)


def test_train_goes_on_between_the_cells_and_the_notebook_gets_the_record(
    kernel: Kernel, cell: Callable[[str], str]
) -> None:
    assert kernel.execute(cell(LONG)) == "ok", kernel.error()
    shown, saved, *places = [message["content"] for message in kernel.outputs if message["msg_type"] == "display_data"]
    assert WIDGET in shown["data"]
    assert saved["data"]["text/plain"].startswith("%%finetune --out run\n# a small one\n")
    assert [place["data"] for place in places] == [{"text/html": "", "text/plain": ""}] * 2, "comparison and record"

    type_in(kernel, "learning_rate", "1e-3")
    assert "learning_rate = 0.001\n" in kernel.value("form.text")
    click(kernel, "form.view.footer.train")
    until(kernel, "form.run and form.run.state.step > 3")
    assert kernel.value("run is form.run, run.status, form.view.footer.disabled_reason != ''") == (
        True,
        "running",
        True,
    )
    assert "Training: see below" in kernel.value("form.view.footer.reason.value")
    click(kernel, "form.view.footer.train")
    assert kernel.value("len(form.runs)") == 1, "a second one has to wait"
    panel = kernel.value("[type(part).__name__ for part in form.view.training.widget.children]")
    assert panel == ["Panel"]
    assert kernel.value("run.control.attended")

    assert kernel.execute("run.stop()") == "ok"
    until(kernel, "run.state.ended and not form.view.training.busy")
    values = "run.status, form.view.footer.disabled_reason, len(form.view.training.widget.children)"
    assert kernel.value(values) == ("stopped", "", 0)
    type_in(kernel, "num_train_epochs", "1")
    messages(kernel, 0.1)
    click(kernel, "form.view.footer.train")
    until(kernel, "len(form.runs) == 2")
    comparison, record = (place["transient"]["display_id"] for place in places)
    newest: dict[str, Any] = {}
    end = time.monotonic() + 60
    while time.monotonic() < end and not newest.get(comparison):
        for message in messages(kernel, 0.5):
            if message["msg_type"] == "update_display_data":
                newest[message["content"]["transient"]["display_id"]] = message["content"]
    assert "Finished" in newest[record]["data"]["text/html"]
    assert newest[record]["metadata"]["nbtrain"]["part"] == "record"
    compared = newest[comparison]["data"]["text/html"]
    assert "stopped" in compared and "finished" in compared and "<img" in compared


def execute_as(kernel: Kernel, cell_id: str, code: str) -> list[dict[str, Any]]:
    """Execute a cell with an ID, like JupyterLab; returns the bundles that it displays."""
    client = kernel.client
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True}
    request = client.session.msg("execute_request", content, metadata={"cellId": cell_id})
    client.shell_channel.send(request)
    shown: list[dict[str, Any]] = []
    while True:
        message = client.get_iopub_msg(timeout=120)
        if message["parent_header"].get("msg_id") != request["msg_id"]:
            continue
        assert message["msg_type"] != "error", message["content"]["traceback"]
        if message["msg_type"] == "display_data":
            shown.append(message["content"])
        elif message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return shown


def test_a_cell_that_runs_again_goes_on_with_its_run(kernel: Kernel, cell: Callable[[str], str]) -> None:
    """The panel of the first form is removed with the outputs of the cell."""
    execute_as(kernel, "c1", cell(LONG))
    click(kernel, "form.view.footer.train")
    until(kernel, "form.run and form.run.state.step > 3")
    assert kernel.execute("earlier = form") == "ok"
    execute_as(kernel, "c1", cell(LONG))
    assert kernel.value("form is not earlier and form.runs == earlier.runs")
    assert "before this cell ran again" in kernel.value("form.view.footer.reason.value")
    panel = "form.view.training.widget.children[0]"
    until(kernel, f"{panel}.snapshot['head']['step'] > 3")
    click(kernel, "form.view.footer.train")
    assert kernel.value("len(form.runs)") == 1, "a second one has to wait"
    stop = {"run": kernel.value("form.run.id"), "command": "stop"}
    send(kernel, kernel.value(f"{panel}.comm.comm_id"), {"method": "custom", "content": stop})
    until(kernel, "form.run.state.ended and not form.view.training.busy")
    assert kernel.value("form.run.status, len(form.view.training.widget.children)") == ("stopped", 0)

    execute_as(kernel, "c1", cell(LONG))
    assert kernel.value("form.runs, form.view.footer.disabled_reason") == ([], ""), "there is no run to adopt"


def test_each_form_has_a_name_of_its_own_for_its_runs(kernel: Kernel, cell: Callable[[str], str]) -> None:
    show = "form = nbtrain.form(model='demo', dataset='demo'); form"
    execute_as(kernel, "first", cell("seed = 3"))  # it says `--out run`
    for cell_id, name in (("a", "run_2"), ("b", "run_3"), ("a", "run_2"), ("b", "run_3"), ("c", "run_4")):
        [_, bundle, *_] = execute_as(kernel, cell_id, show)
        assert bundle["data"]["text/plain"].startswith(f"%%finetune --out {name}\n"), cell_id
        assert kernel.value("form.view.footer.name.widget.value") == name
    execute_as(kernel, "d", cell("seed = 3"))
    assert kernel.value("form.out") == "run", "a name that the user chose is kept"


def test_an_error_is_said_in_the_form(kernel: Kernel, cell: Callable[[str], str]) -> None:
    assert kernel.execute(cell(LONG).replace('"right"', '"rigth"')) == "ok", kernel.error()
    click(kernel, "form.view.footer.train")
    until(kernel, "form.view.training.widget.children and not form.view.training.busy")
    [said] = told(kernel)  # the error, or a reference to its field if the preview was faster than the click
    assert ("no column <code>rigth</code>" in said or "errors above" in said) and "Traceback" not in said
    assert "no column `rigth`" in kernel.value("form.view.training.error")
    assert kernel.value("form.run is None, form.view.footer.disabled_reason") == (True, "")


def test_a_click_on_another_thread_trains_on_the_main_one(kernel: Kernel, cell: Callable[[str], str]) -> None:
    """As in kernels whose subshells handle widget messages."""
    assert kernel.execute(cell("max_steps = 3\ncallbacks = '$where'")) == "ok"
    where = """
import threading, transformers
class Where(transformers.TrainerCallback):
    threads = set()
    def on_step_end(self, args, state, control, **kwargs):
        self.threads.add(threading.current_thread() is threading.main_thread())
where = Where()
thread = threading.Thread(target=lambda: (form.view.refresh(), form.view.footer.train.click()))
thread.start(); thread.join()
began = form.run
"""
    assert kernel.execute(where) == "ok", kernel.error()
    until(kernel, "form.run and form.run.state.ended")
    assert kernel.value("where.threads, began") == ({True}, None)


def test_the_data_are_looked_at_while_the_form_is_there_already(kernel: Kernel, cell: Callable[[str], str]) -> None:
    assert kernel.execute(cell("seed = 3")) == "ok"
    assert kernel.value("form.view.preview.summary.value") == "<div role='status'>Loading data...</div>"
    until(kernel, "'batch size 8' in form.view.preview.summary.value")
    assert "54 train" in kernel.value("form.view.preview.rows.value")
    assert kernel.value("form.view.fields.field('text').control.widget.children[0].value") == "left"
    type_in(kernel, "per_device_train_batch_size", "4")
    until(kernel, "'batch size 4' in form.view.preview.summary.value")


def test_write_puts_the_text_below(kernel: Kernel, cell: Callable[[str], str]) -> None:
    assert kernel.execute(cell("seed = 3")) == "ok"
    type_in(kernel, "seed", "4")
    reply = kernel.client.execute_interactive("%finetune --write", timeout=30, output_hook=lambda _: None)
    [payload] = reply["content"]["payload"]
    assert payload["source"] == "set_next_input"
    assert payload["text"] == kernel.value("form.text")
    assert "seed = 4\n" in payload["text"]


def test_with_the_extension_the_page_writes_and_a_cell_has_its_form(kernel: Kernel, cell: Callable[[str], str]) -> None:
    assert kernel.execute(cell("seed = 3")) == "ok"
    comm = kernel.value(f"{CHANNEL}._comm.comm_id")
    assert kernel.value("form.view.footer.write.writes") is False
    send(kernel, comm, {"type": "hello", "rate": 1})
    until(kernel, f"{CHANNEL}.attended")
    type_in(kernel, "seed", "5")
    assert kernel.value("form.view.footer.write.writes") is True
    button = kernel.value("form.view.footer.write.comm.comm_id")
    messages(kernel, 0.2)
    send(kernel, button, {"method": "custom", "content": {"command": "write"}})
    [written] = channel_messages(kernel, "write")
    assert "seed = 5\n" in written["text"]

    text = '%%finetune --out run\\n# kept\\nmodel = "demo"\\nseed = 1  # why\\n'
    module = '__import__("nbtrain.notebook.form.cell", fromlist=["open_on"])'
    assert kernel.execute(f"{module}.open_on('f1', '''{text}'''); form = {module}._open['f1'].form") == "ok", (
        kernel.error()
    )
    shown = [message["content"]["data"] for message in kernel.outputs if message["msg_type"] == "display_data"]
    assert WIDGET in shown[0]
    type_in(kernel, "seed", "2")
    [changed] = channel_messages(kernel, "form_text")
    assert changed["form"] == "f1"
    assert changed["text"] == '%%finetune --out run\n# kept\nmodel = "demo"\nseed = 2  # why\n'
    send(kernel, comm, {"type": "form_text", "form": "f1", "text": changed["text"].replace("seed = 2", "seed = 7")})
    send(kernel, comm, {"type": "form_text", "form": "f1", "text": changed["text"].replace("seed = 2", "seed = ")})
    assert kernel.value("form.view.fields.field('seed').control.widget.value") == "7"
    assert "Invalid TOML" in kernel.value("form.view.footer.problems.value")
    assert channel_messages(kernel, "form_text") == [], "the page's own change is not sent back"
    send(kernel, comm, {"type": "form_close", "form": "f1"})
    until(kernel, "form.widget.comm is None")


def channel_messages(kernel: Kernel, kind: str) -> list[dict[str, Any]]:
    """Messages to the extension."""
    data = [m["content"].get("data", {}) for m in messages(kernel) if m["msg_type"] == "comm_msg"]
    return [one for one in data if one.get("type") == kind]


def test_where_nobody_is_there_it_is_text(kernel: Kernel, cell: Callable[[str], str]) -> None:
    assert kernel.execute(cell("seed = 3"), allow_stdin=False) == "ok"
    assert "# a small one" in kernel.text()
    assert [message for message in kernel.outputs if message["msg_type"] == "display_data"] == []
    assert kernel.value("form._view is None")

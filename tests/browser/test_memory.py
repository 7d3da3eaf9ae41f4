"""The panel in a browser with the messages of a run of 100,000 steps: its memory does not grow."""

from __future__ import annotations

import base64
import statistics
from typing import TYPE_CHECKING, Any

import pytest

from nbtrain.events import Created, Evaluated, Started, Stepped
from nbtrain.events.recorder import Recorder
from nbtrain.notebook.panel.panel import Panel

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

STEPS = 100_000
LOOKS = 10
STEP_SECONDS = 0.05
AT_A_TIME = 500
"""Number of messages that are passed to the page at once."""

PAGE = """<!doctype html><meta charset="utf-8"><style>%s</style><body><div id="host"></div></body>"""
START = """async source => {
  const url = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
  const {default: panel} = await import(url);
  const handlers = {};
  const bytes = text => new DataView(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer);
  let snapshot = {};
  const tell = (name, ...values) => (handlers[name] ?? []).forEach(handler => handler(...values));
  window.feed = async messages => {
    for (const [kind, content, buffers] of messages) {
      if (kind === 'delta') tell('msg:custom', content, buffers.map(bytes));
      else {
        for (const curve of Object.values(content.curves)) curve.bins = bytes(curve.bins);
        snapshot = content;
        tell('change:snapshot');
      }
    }
    await new Promise(requestAnimationFrame);
  };
  const model = {
    get: name => name === 'snapshot' ? snapshot : 'hint',
    on: (name, handler) => { (handlers[name] ??= []).push(handler); },
    off: () => {},
    send: () => {},
  };
  panel.render({model, el: document.getElementById('host')});
}"""


def text(data: Any) -> str:
    return base64.b64encode(bytes(data)).decode()


class Recorded(Panel):
    """Keeps the messages that it would send to the page."""

    def __init__(self, **options: Any) -> None:
        self.messages: list[tuple[str, dict[str, Any], list[str]]] = []
        super().__init__(**options)
        self.observe(lambda change: self._keep_snapshot(change["new"]), "snapshot")

    def send(self, content: Any, buffers: Any = None) -> None:
        self.messages.append(("delta", content, [text(one) for one in buffers or ()]))

    def _keep_snapshot(self, snapshot: dict[str, Any]) -> None:
        curves = {name: {**curve, "bins": text(curve["bins"])} for name, curve in snapshot["curves"].items()}
        self.messages.append(("snapshot", {**snapshot, "curves": curves}, []))

    def take(self) -> list[tuple[str, dict[str, Any], list[str]]]:
        messages, self.messages = self.messages, []
        return messages


def used(session: CDPSession) -> float:
    """Megabytes of the JavaScript heap of the page."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 2**20


def nodes(page: Page) -> int:
    return int(page.evaluate("() => document.querySelectorAll('*').length"))


@pytest.mark.full
def test_the_tab_does_not_grow(browser: Browser) -> None:
    now = [0.0]
    panel = Recorded()
    for throttle in (panel._throttle, panel._snapshot_throttle):
        throttle.clock = lambda: now[0]
    recorder = Recorder("long", None, [panel])
    recorder.emit(Created(config="", directory=""))
    recorder.emit(Started(max_steps=STEPS, epochs=100.0, batch_size=16))
    page = browser.new_page(viewport={"width": 1000, "height": 700})
    session = page.context.new_cdp_session(page)
    page.set_content(PAGE % Panel._css)
    page.evaluate(START, Panel._esm)
    memory, elements, sent = [], [], 0
    for step in range(1, STEPS + 1):
        now[0] = step * STEP_SECONDS
        loss = 1 / step + step * 7919 % 101 / 1010
        values: dict[str, Any] = {"learning_rate": 5e-5, "grad_norm": loss, "seconds": STEP_SECONDS, "examples": 16}
        recorder.emit(Stepped(step=step, epoch=step / 1000, loss=loss, **values))
        if step % 1000 == 0:
            metrics = {"eval_loss": loss, "eval_accuracy": 1 - loss}
            recorder.emit(Evaluated(step=step, epoch=step / 1000, metrics=metrics))
        if len(panel.messages) >= AT_A_TIME or step % (STEPS // LOOKS) == 0:
            messages = panel.take()
            sent += len(messages)
            page.evaluate("messages => feed(messages)", messages)
        if step % (STEPS // LOOKS) == 0:
            memory.append(used(session))
            elements.append(nodes(page))
    page.close()
    assert sent > STEPS * STEP_SECONDS * 0.95
    # One look may come before the collector has freed what a message just brought.
    assert statistics.median(memory[LOOKS // 2 :]) - memory[1] < 1.0, f"megabytes: {memory}"
    assert elements[-1] - elements[1] < 1000, f"elements: {elements}"

"""The controls of the panel on a separate page, with a simulated kernel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from nbtrain.notebook.panel.panel import Panel
from tests.browser.conftest import faultless_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

HEAD = {
    "status": "running",
    "controls": True,
    "step": 5,
    "max_steps": 100,
    "epoch": 0.1,
    "epochs": 2,
    "learning_rate": 5e-5,
    "weight_decay": 0.01,
    "time": 3.0,
}

CHART = {
    "curves": {"loss": [[step, step, 0.9 / step, 1.1 / step, 1 / step] for step in range(1, 51)]},
    "behind": [["first", [[1, 2.0], [50, 0.5]]], ["second <b>", [[1, 3.0], [20, 0.25]]]],
}

# The kernel answers each message with `answer`, after `delay` milliseconds; null: it does not.
PAGE = """<!doctype html><meta charset="utf-8"><style>%s</style><body><div id="host"></div></body>"""
START = """async ([source, head, chart]) => {
  const url = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
  const {default: panel} = await import(url);
  const handlers = {};
  window.sent = [];
  window.answer = 'Heard.';
  window.tell = message => (handlers['msg:custom'] ?? []).forEach(handler => handler(message, []));
  window.lose = () => (handlers['comm_live_update'] ?? []).forEach(handler => handler());
  window.show = changes => tell({run: 'a', head: {...head, ...changes}, curves: [], rows: []});
  const view = numbers => new DataView(new Float32Array(numbers).buffer);
  const curves = Object.fromEntries(Object.entries(chart.curves).map(([name, bins]) =>
    [name, {version: 0, bins: view(bins.flat())}]));
  const behind = chart.behind.map(([name, points]) => ({name, points: view(points.flat())}));
  const snapshot = {run: 'a', head, curves, behind, rows: [], messages: [], marks: []};
  const model = {
    get: name => name === 'snapshot' ? snapshot : 'hint',
    on: (name, handler) => { (handlers[name] ??= []).push(handler); },
    off: () => {},
    send: message => {
      if (message.drawn) return;
      window.sent.push(message);
      const {run, id, command} = message;
      if (window.answer) setTimeout(() => tell({heard: {run, id, command, text: window.answer, error: false}}), 5);
    },
  };
  panel.render({model, el: document.getElementById('host')});
}"""


class Controls:
    """The panel's controls, and what they sent."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said = page.locator(".nbt-said")
        self.slider = page.get_by_label("Learning rate, on a log scale")
        self.rate = page.get_by_label("Learning rate", exact=True)
        self.decay = page.get_by_label("Weight decay")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def sent(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.page.evaluate("() => window.sent")
        return messages

    def commands(self) -> list[tuple[str, dict[str, Any]]]:
        return [(message["command"], message["values"]) for message in self.sent()]

    def answer(self, text: str | None) -> None:
        self.page.evaluate("text => { window.answer = text; }", text)

    def show(self, **head: Any) -> None:
        """The kernel sends another head, and the panel paints it."""
        self.page.evaluate("head => { show(head); return new Promise(requestAnimationFrame); }", head)
        self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def wait_said(self, text: str) -> None:
        self.page.wait_for_function(
            "text => document.querySelector('.nbt-said').textContent.includes(text)", arg=text, timeout=5000
        )


@pytest.fixture
def controls(browser: Browser) -> Iterator[Controls]:
    with faultless_page(browser, 1000, 700) as page:
        page.set_content(PAGE % Panel._css)
        page.evaluate(START, [Panel._esm, HEAD, CHART])
        made = Controls(page)
        made.button("Pause").wait_for()
        yield made


def test_each_button_sends_its_command(controls: Controls) -> None:
    names = ["Pause", "1 step", "10 steps", "Finish epoch", "Evaluate now", "Save now", "Stop and keep"]
    for name in names:
        controls.button(name).click()
    assert controls.commands() == [
        ("pause", {}),
        ("step", {"steps": 1}),
        ("step", {"steps": 10}),
        ("epoch", {}),
        ("evaluate", {}),
        ("checkpoint", {}),
        ("stop", {}),
    ]
    messages = controls.sent()
    assert {message["run"] for message in messages} == {"a"}
    assert len({message["id"] for message in messages}) == len(names)


def test_a_click_is_acknowledged_or_reported_without_a_response(controls: Controls) -> None:
    controls.answer("Pausing after this step.")
    controls.button("Pause").click()
    controls.wait_said("Pausing after this step.")
    assert controls.button("Pause").get_attribute("aria-busy") is None

    controls.answer(None)
    controls.button("Save now").click()
    assert controls.button("Save now").get_attribute("aria-busy") == "true"
    controls.wait_said("kernel is busy")
    [*_, last] = controls.sent()
    controls.page.evaluate("id => tell({heard: {run: 'a', id, command: 'checkpoint', text: 'Saving.'}})", last["id"])
    assert controls.said.inner_text() == "Saving."
    assert controls.button("Save now").get_attribute("aria-busy") is None


def test_what_makes_no_sense_cannot_be_pressed(controls: Controls) -> None:
    controls.button("Pause").focus()
    controls.show(status="paused")
    resume = controls.button("Resume")
    assert resume.evaluate("node => node === document.activeElement"), "the focus stays where it was"
    controls.page.keyboard.press("Enter")
    assert controls.commands() == [("resume", {})]

    controls.show(status="paused", reason="The loss is nan.")
    assert controls.page.get_by_role("alert").inner_text() == "The loss is nan."
    assert controls.button("1 step").is_disabled()
    controls.button("1 step").click(force=True)
    controls.button("Skip this batch").click()
    assert controls.commands()[1:] == [("skip", {})]

    controls.show(status="running")
    assert not controls.button("Skip this batch").is_visible()
    controls.answer("Stopping after this step.")
    controls.button("Stop and keep").click()
    controls.wait_said("Stopping")
    assert controls.button("Pause").is_disabled(), "it stops: nothing else will be done"

    for head in ({"controls": False}, {"status": "stopped"}, {"max_steps": 0}):
        controls.show(**head)
        assert not controls.page.locator(".nbt-controls").is_visible()


def test_dragging_the_learning_rate(controls: Controls) -> None:
    box = controls.slider.bounding_box()
    assert box is not None
    middle, left = box["y"] + box["height"] / 2, box["x"]
    controls.page.mouse.move(left + box["width"] / 2, middle)
    controls.page.mouse.down()
    began = time.monotonic()
    for place in range(50, 15, -1):
        controls.page.mouse.move(left + box["width"] * place / 100, middle)
        controls.page.wait_for_timeout(10)
        if place == 30:
            controls.show(learning_rate=4.9e-5, step=6)
            assert float(controls.rate.input_value()) < 3e-5, "what is dragged does not jump back"
    controls.page.mouse.up()
    sent = controls.sent()
    rates = [message["values"]["learning_rate"] for message in sent]
    assert 2 < len(rates) <= (time.monotonic() - began) / 0.15 + 2, "at most one each 150 ms, and the last"
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == float(controls.rate.input_value()) < 5e-6

    controls.show(learning_rate=4.8e-5, step=7)
    assert float(controls.rate.input_value()) == rates[-1], "shown until it is in force"
    controls.show(learning_rate=rates[-1], step=9)
    controls.show(learning_rate=2e-6, step=20)
    assert controls.rate.input_value() == "2e-6", "then it follows the schedule"


def test_the_slider_with_keys(controls: Controls) -> None:
    controls.slider.focus()
    for _ in range(5):
        controls.page.keyboard.press("ArrowRight")
    controls.wait_said("Heard.")
    controls.page.wait_for_function("() => window.sent.at(-1).values.learning_rate === 0.0000561")
    assert controls.rate.input_value() == "5.61e-5"


def test_typing_a_number(controls: Controls) -> None:
    controls.rate.fill("3e-5")
    controls.show(learning_rate=4.9e-5, step=6)
    assert controls.rate.input_value() == "3e-5", "what is being typed stays"
    controls.page.keyboard.press("Enter")
    controls.wait_said("Heard.")
    controls.decay.fill("fast")
    controls.page.keyboard.press("Enter")
    controls.wait_said("“fast”")
    controls.page.keyboard.press("Escape")
    assert controls.decay.input_value() == "0.01"
    controls.page.keyboard.press("ArrowUp")
    controls.page.keyboard.press("Tab")
    assert controls.commands() == [("set", {"learning_rate": 3e-5}), ("set", {"weight_decay": 0.011})]


def test_a_run_without_weight_decay_has_no_field_for_it(controls: Controls) -> None:
    controls.show(weight_decay=None)
    assert not controls.decay.is_visible()


def test_a_panel_without_its_kernel_shows_that_and_is_disabled(controls: Controls) -> None:
    controls.show(seconds_left=60.0, time=3.0)
    controls.page.evaluate("() => { lose(); return new Promise(requestAnimationFrame); }")
    controls.page.locator(".nbtrain-panel[data-status=gone]").wait_for()
    assert controls.page.locator(".nbt-label").inner_text() == "Kernel lost"
    assert "run the cell again" in controls.page.locator(".nbt-hint").inner_text()
    values = controls.page.locator("dd").all_inner_texts()
    assert values[-1] == "-"
    controls.page.wait_for_timeout(1200)
    assert controls.page.locator("dd").all_inner_texts() == values, "the clock stops"
    for node in controls.page.locator(".nbt-controls :is(button, input)").all():
        assert node.is_disabled() or not node.is_visible()
    controls.button("Stop and keep").click(force=True)
    assert controls.sent() == []


@pytest.mark.parametrize("width", [600, 1400])
def test_nothing_sticks_out(controls: Controls, width: int) -> None:
    controls.page.set_viewport_size({"width": width, "height": 700})
    for head in ({}, {"status": "paused", "reason": "The loss is nan. " * 20}):
        controls.show(**head)
        outside = """() => {
          const edge = document.querySelector('.nbt-inner').getBoundingClientRect().right;
          const parts = [...document.querySelectorAll('.nbt-controls *, .nbt-reason')];
          return parts.filter(part => part.getBoundingClientRect().right > edge).length;
        }"""
        assert controls.page.evaluate(outside) == 0


def test_the_curves_behind_are_named_with_their_values(controls: Controls) -> None:
    names = controls.page.locator("[data-curve^=behind]")
    assert names.all_inner_texts() == ["first", "second <b>"]
    plot = controls.page.get_by_role("slider", name="Loss over steps")
    plot.focus()
    for _ in range(2):
        controls.page.keyboard.press("End")
    controls.page.wait_for_function(
        "() => document.querySelector('[data-curve^=behind]').textContent.includes('0.5000')"
    )
    assert [text.split()[-1] for text in names.all_inner_texts()] == ["0.5000", "-"], "the second one ended before"
    assert "training loss 0.0200" in (plot.get_attribute("aria-valuetext") or "")


def test_zoom_and_log_scale_stay_while_the_run_goes_on(controls: Controls) -> None:
    plot = controls.page.get_by_role("slider", name="Loss over steps")
    controls.page.get_by_role("button", name="Zoom in").click()
    controls.page.get_by_role("button", name="log", exact=True).click()
    controls.show(step=51)
    shown = [plot.get_attribute("aria-valuemin"), plot.get_attribute("aria-valuemax")]
    assert shown != ["0", "100"]
    controls.show(step=52)
    assert [plot.get_attribute("aria-valuemin"), plot.get_attribute("aria-valuemax")] == shown
    assert controls.page.get_by_role("button", name="log", exact=True).get_attribute("aria-pressed") == "true"
    plot.dblclick()
    controls.show(step=53)
    assert plot.get_attribute("aria-valuemax") == "100"

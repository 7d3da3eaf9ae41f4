"""The frame of the form on a separate page, with a simulated kernel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from nbtrain.notebook.form.frame import Frame
from tests.browser.conftest import faultless_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGE = """<!doctype html><meta charset="utf-8"><style>%s</style>
<div class="nbf-form"><div id="frame"></div><div><input id="box"><button id="press">Write</button></div>
<div class="nbtrain-panel"><button id="pause">Pause</button></div></div>"""
START = """async source => {
  const url = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
  const {default: frame} = await import(url);
  const handlers = {};
  window.sent = [];
  window.answers = true;
  window.tell = (name, message) => (handlers[name] ?? []).slice().forEach(handler => handler(message));
  const model = {
    on: (name, handler) => { (handlers[name] ??= []).push(handler); },
    off: (name, handler) => { handlers[name] = (handlers[name] ?? []).filter(one => one !== handler); },
    send: message => {
      window.sent.push(message);
      if (window.answers) setTimeout(() => tell('msg:custom', message), 5);
    },
  };
  window.end = frame.render({model, el: document.getElementById('frame')});
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with faultless_page(browser, 700, 400) as page:
        page.set_content(PAGE % Frame._css)
        page.evaluate(START, Frame._esm)
        yield page
        page.evaluate("() => window.end()")


def test_a_kernel_that_does_not_respond_is_shown_as_busy_until_it_responds(page: Page) -> None:
    said = page.get_by_role("status")
    page.locator("#box").fill("3")
    page.wait_for_timeout(1200)
    assert said.inner_text() == "", "it has answered"
    page.evaluate("() => { window.answers = false; }")
    page.locator("#box").fill("4")
    page.locator("#press").click()
    page.wait_for_timeout(300)
    assert said.inner_text() == "", "not at once"
    page.wait_for_function("() => document.querySelector('[role=status]').textContent.includes('busy')")
    assert said.is_visible()
    sent = page.evaluate("() => window.sent")
    page.evaluate("message => tell('msg:custom', message)", sent[0])
    assert "busy" in said.inner_text(), "that was the answer to an earlier question"
    page.evaluate("message => tell('msg:custom', message)", sent[-1])
    assert said.inner_text() == ""


def test_events_that_change_nothing_send_no_request(page: Page) -> None:
    page.locator("#box").click()
    page.locator("#pause").click()
    page.wait_for_timeout(50)
    assert page.evaluate("() => window.sent") == []


def test_a_form_whose_kernel_was_restarted_shows_it_and_is_disabled(page: Page) -> None:
    page.evaluate("() => tell('comm_live_update')")
    assert page.get_by_role("status").inner_text().startswith("The kernel was restarted")
    assert page.locator("#box").evaluate("node => Boolean(node.closest('[inert]'))")
    page.evaluate("() => document.querySelector('#press').click()")
    page.wait_for_timeout(1200)
    assert page.evaluate("() => window.sent") == []
    assert "restarted" in page.get_by_role("status").inner_text()
    page.evaluate("() => document.querySelector('.nbf-form').setAttribute('data-jp-nbtrain-gone', '')")
    assert not page.get_by_role("status").is_visible(), "the extension says it"

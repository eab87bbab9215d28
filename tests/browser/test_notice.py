"""A notice of the browser when a run ends, on whichever page a person is by then."""

from __future__ import annotations

import pytest

from .chromium import settle, side

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# What the browser would show, kept in place of a notice that no test can see
KEPT = """
window.notices = [];
window.Notification = class {
  constructor(title, told) { window.notices.push([title, told.body]); }
  static get permission() { return "granted"; }
};
"""


def test_a_run_that_ends_is_told_on_another_page(workbench, browser):
    address, client = workbench
    client.wait(client.add_data({"name": "digits", "builtin": "digits", "params": {}}), timeout=120)
    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.add_init_script(KEPT)
    page.goto(address)
    settle(page)
    page.get_by_text("Notice when a run ends").click()
    settle(page)
    short = {"stages": ["pretrain"], "train": {"epochs": 1}, "finetune": {"pretrain_seeds": 1}}
    run = client.submit({"title": "Short", "data": {"name": "digits"}, **short})
    side(page, "Data")
    settle(page)
    client.wait(run, timeout=240)
    page.wait_for_function("() => window.notices.length > 0")
    ((title, body),) = page.evaluate("() => window.notices")
    assert title == "Short"
    assert body.startswith("Finished in")
    page.close()

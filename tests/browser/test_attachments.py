"""Files in a real browser: chosen, pasted, dropped, taken out again, refused without losing anything, and removed."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.installation import Installation

pytestmark = pytest.mark.browser
Story = Callable[..., dict[str, Any]]
SignIn = Callable[[BrowserContext, str], Page]

GIVE = """(form, [how, files]) => {
  const transfer = new DataTransfer();
  for (const [name, type, data] of files) {
    transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name, { type }));
  }
  const target = form.querySelector("textarea");
  const options = { bubbles: true, cancelable: true };
  target.dispatchEvent(how === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
    : new DragEvent("drop", { ...options, dataTransfer: transfer }));
}"""


def graph(size: tuple[int, int] = (900, 420)) -> bytes:
    """Something like a dashboard's graph, with a step up."""
    image = Image.new("RGB", size, (20, 26, 34))
    draw = ImageDraw.Draw(image)
    for y in range(40, size[1], 60):
        draw.line((40, y, size[0] - 20, y), fill=(50, 60, 72))
    points = [(x, size[1] - 60 - (210 if x > size[0] * 0.6 else 0) - (x * 7) % 23) for x in range(40, size[0] - 20, 12)]
    draw.line(points, fill=(255, 120, 90), width=4)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def give(page: Page, how: str, *files: tuple[str, str, bytes]) -> None:
    """Paste or drop files into the note's form."""
    packed = [[name, kind, base64.b64encode(data).decode()] for name, kind, data in files]
    page.locator("#note-form").evaluate(GIVE, [how, packed])


@pytest.fixture
def opened(browser: Browser, installation: Installation, story: Story, sign_in: SignIn) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = sign_in(context, "alice")
    page.goto(installation.base_url + story("incident", title="Files: error rate 30 %")["path"])
    return page


def test_a_screenshot_is_pasted_a_log_dropped_and_both_are_seen(opened: Page, tmp_path: Path) -> None:
    form, log = opened.locator("#note-form"), opened.locator("#timeline-list")
    form.get_by_label("Add a note").fill("Errors since 14:02")
    give(opened, "paste", ("image.png", "image/png", graph()))
    give(opened, "drop", ("app.log", "text/plain", b"ERROR timeout\n" * 40), ("other.log", "text/plain", b"x"))
    expect(form.locator(".attach__item")).to_have_count(3)
    expect(form.locator(".attach__item").first).to_contain_text("screenshot-")
    form.get_by_role("button", name="Take out other.log").click()
    expect(form.locator(".attach__item")).to_have_count(2)
    form.get_by_role("button", name="Write it down").click()
    image = log.locator(".file__shot img")
    expect(image).to_have_attribute(
        "alt", "Errors since 14:02 (" + (image.get_attribute("src") or "").rpartition("/")[2] + ")"
    )
    expect(image).to_have_js_property("naturalWidth", 480)
    expect(log).to_contain_text("40 lines")
    expect(form.locator(".attach__item")).to_have_count(0)
    expect(form.get_by_label("Add a note")).to_have_value("")
    with opened.context.expect_page() as tab:
        log.locator(".file__shot").click()
    tab.value.wait_for_load_state()
    assert tab.value.evaluate("document.images[0].naturalWidth") == 900
    with opened.expect_download() as download:
        log.get_by_role("link", name="app.log", exact=True).click()
    download.value.save_as(tmp_path / "app.log")
    assert (tmp_path / "app.log").read_bytes() == b"ERROR timeout\n" * 40


def test_a_refused_file_costs_neither_the_words_nor_the_other_files(opened: Page) -> None:
    form = opened.locator("#note-form")
    form.get_by_label("Add a note").fill("What we saw")
    give(opened, "drop", ("app.log", "text/plain", b"x\n"), ("logo.svg", "image/svg+xml", b"<svg/>"))
    held: list[Route] = []
    opened.route("**/notes/", lambda route: held.append(route), times=1)  # noqa: PLW0108
    # The page brings itself up to date while the note is on its way.
    with opened.expect_response(lambda response: "/live/" in response.url):
        form.get_by_role("button", name="Write it down").click()
    held[0].continue_()
    expect(form).to_contain_text("logo.svg is an SVG, which can carry scripts")
    expect(form.get_by_label("Add a note")).to_have_value("What we saw")
    expect(form.locator(".attach__item")).to_have_count(2)
    form.get_by_role("button", name="Take out logo.svg").click()
    form.get_by_role("button", name="Write it down").click()
    expect(opened.locator("#timeline-list")).to_contain_text("app.log")
    expect(opened.locator("#timeline-list")).not_to_contain_text("logo.svg")


def test_what_is_too_large_is_said_before_it_is_sent(opened: Page) -> None:
    sent = []
    opened.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    form = opened.locator("#note-form")
    form.locator("input[type=file]").set_input_files(
        [{"name": "big.log", "mimeType": "text/plain", "buffer": b"x" * 10_000_001}]
    )
    expect(form).to_contain_text("larger than 10.0 MB")
    form.get_by_role("button", name="Write it down").click()
    assert sent == []
    form.get_by_role("button", name="Take out big.log").click()
    expect(form.locator("input[type=file]")).to_be_focused()


def test_removed_with_a_reason_by_keyboard(opened: Page) -> None:
    give(opened, "drop", ("customers.csv", "text/csv", b"ann,4111\n"))
    opened.locator("#note-form").get_by_role("button", name="Write it down").click()
    log, dialog = opened.locator("#timeline-list"), opened.locator("#dialog")
    log.get_by_role("link", name="Remove customers.csv").focus()
    opened.keyboard.press("Enter")
    dialog.get_by_label("Why does it have to go?").fill("card numbers")
    opened.keyboard.press("Enter")
    expect(dialog).not_to_be_visible()
    expect(log).to_contain_text("customers.csv was removed by Alice: card numbers")
    expect(log.get_by_role("link", name="customers.csv", exact=True)).to_have_count(0)


def test_without_script_files_are_attached_as_well(
    browser: Browser, installation: Installation, story: Story, sign_in: SignIn
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = sign_in(context, "bob")
    page.goto(installation.base_url + story("incident", title="Files without script")["path"])
    form = page.locator("#note-form")
    form.get_by_label("Add a note").fill("By hand")
    form.locator("input[type=file]").set_input_files([{"name": "g.png", "mimeType": "image/png", "buffer": graph()}])
    form.get_by_role("button", name="Write it down").click()
    expect(page.locator(".file__shot")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

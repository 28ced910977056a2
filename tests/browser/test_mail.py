"""The mail sink's pages in a browser."""

import smtplib
from email.message import EmailMessage

from playwright.sync_api import Page, expect

from tests.installation import Installation


def test_mail_is_found_and_read(page: Page, installation: Installation) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "watchbill@example.org", "dora@example.org"
    message["Subject"] = "INC-7: checkout is slow"
    message.set_content("Checkout is slow.")
    message.add_alternative("<h1>Checkout is slow</h1><script>document.title = 'no'</script>", subtype="html")
    with smtplib.SMTP("127.0.0.1", installation.fleet.mail_port or 0) as relay:
        relay.send_message(message)

    page.goto("/mail/?q=inc-7")
    page.get_by_role("link", name="INC-7: checkout is slow").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("INC-7: checkout is slow")
    expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text("Checkout is slow")
    expect(page.get_by_text("dora@example.org").first).to_be_visible()


def test_mail_fits_a_telephone(page: Page, installation: Installation) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/mail/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mail")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

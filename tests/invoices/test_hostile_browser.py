"""Names, notes and file names that try to be markup are text on every screen a sales person meets."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from invoices.models import Document
from tests.browser import chromium, new_context
from tests.invoices.browser import People, Stage, part, stage
from tests.invoices.test_attachments import PDF
from tests.invoices.test_detail import sent

__all__ = ["chromium", "new_context", "stage"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ARMED = """
window.executed = [];
window.ran = (what) => window.executed.push(String(what));
window.alert = window.ran;
document.addEventListener("securitypolicyviolation", (event) => window.ran(event.violatedDirective));
"""


def hostile(what: str) -> str:
    return f"{what}'\"><img src=x onerror=ran(1)><script>ran(2)</script>"


@pytest.fixture
def armed(new_context: People) -> People:
    """People whose browser notices each script that a text would have run, and each that the policy had to stop."""

    def make(**options: object) -> BrowserContext:
        context = new_context(**options)
        context.add_init_script(ARMED)
        return context

    return make


def only_text(page: Page, *texts: str) -> None:
    for text in texts:
        expect(page.get_by_text(text).first).to_be_visible()
    assert page.evaluate("window.executed") == []
    assert page.locator("img").count() == 0
    assert page.evaluate("[...document.scripts].filter((one) => !one.src).length") == 0


def hostile_deal(stage: Stage) -> str:
    """A deal, a company and a contact in Bigin, an item in Books: each with a name that is markup."""
    bigin = stage.desk.bigin
    [company] = bigin.insert("Accounts", [{"Account_Name": hostile("Co")}])
    [contact] = bigin.insert("Contacts", [{"Last_Name": hostile("Pe"), "Email": "pe@example.com"}])
    like = bigin.get("Pipelines", stage.desk.deals()[0]["id"])
    assert like
    [deal] = bigin.insert("Pipelines", [{
        "Sub_Pipeline": like["Sub_Pipeline"], "Stage": like["Stage"], "Pipeline": {"id": like["Pipeline"]["id"]},
        "Deal_Name": hostile("De"), "Amount": 640,
        "Account_Name": {"id": company.id}, "Contact_Name": {"id": contact.id},
    }])  # fmt: skip
    assert company.ok and contact.ok and deal.ok, (company, contact, deal)  # noqa: PT018 - one story
    stage.desk.books.create_item({"name": hostile("It"), "rate": 12, "sku": "<b>SKU</b>"})
    return deal.id or ""


def test_nothing_that_is_a_name_runs(stage: Stage, armed: People) -> None:
    deal = hostile_deal(stage)
    page = stage.direct(armed, stage.desk.url(deal))
    expect(part(page, "no-customer")).to_be_visible()
    only_text(page, hostile("Co"))
    part(page, "new").click()
    expect(part(page, "form-customer")).to_have_text(hostile("Co"))
    fill_in(page)
    part(page, "save").click()
    expect(part(page, "number")).to_contain_text("INV-")
    expect(part(page, "content")).to_be_visible()
    only_text(page, hostile("Co"), hostile("De"), hostile("It"), hostile("No"), hostile("Te"))
    page.get_by_label("Add a comment").fill(hostile("Comment"))
    part(page, "comment").click()
    expect(part(page, "history")).to_contain_text(hostile("Comment"))
    only_text(page)
    mailed(stage, page)
    part(page, "back").click()
    expect(part(page, "list")).to_be_visible()
    page.get_by_label("Search").fill(hostile("q"))
    page.get_by_label("Search").press("Enter")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    only_text(page)
    page.reload()
    expect(page.get_by_label("Search")).to_have_value(hostile("q"))
    only_text(page)
    page.goto(f"{stage.base_url}/file/document/{hostile('x')[:20]}/")
    expect(page.get_by_text("This link has been used").first).to_be_visible()
    only_text(page)


def fill_in(page: Page) -> None:
    """An item found by its name, a note, terms and a reference, and a line that is refused."""
    name = page.get_by_label("Item", exact=True).first
    name.fill("It'")
    expect(part(page, "item-choice")).to_be_visible()
    only_text(page, hostile("It"))
    part(page, "item-choice").click()
    expect(page.get_by_label("Item", exact=True).first).to_have_value(hostile("It"))
    expect(page.get_by_label("Quantity").first).to_be_focused()
    page.get_by_label("Notes for the customer").fill(hostile("No"))
    page.get_by_label("Terms and conditions").fill(hostile("Te"))
    page.get_by_label("Quantity").first.fill(hostile("q"))
    part(page, "save").click()
    expect(part(page, "errors")).to_be_visible()
    only_text(page)
    page.get_by_label("Quantity").first.fill("2")


def mailed(stage: Stage, page: Page) -> None:
    """With a file whose name is markup, refused once for an address that is none; what was chosen stays chosen."""
    part(page, "email").click()
    expect(part(page, "mail-form")).to_be_visible()
    name = f"{hostile('f').replace('/', '')}.pdf"
    page.get_by_label("More files").set_input_files({"name": name, "mimeType": "application/pdf", "buffer": PDF})
    expect(page.locator("#chosen-files")).to_contain_text("onerror=ran(1)")
    page.get_by_label("Subject").fill(hostile("Su"))
    page.get_by_label("Message").fill(hostile("Body"))
    page.get_by_label("More recipients").fill(hostile("to"))
    part(page, "send").click()
    expect(page.get_by_text("is no e-mail address").first).to_be_visible()
    expect(page.locator("#chosen-files")).to_contain_text("onerror=ran(1)")
    only_text(page)
    page.get_by_label("More recipients").fill("somebody@example.com")
    part(page, "send").dblclick()
    expect(part(page, "status")).to_have_text("Sent")
    only_text(page)
    [mail] = [one for one in sent(stage.desk) if one["subject"] == hostile("Su")]
    assert [one["file_name"] for one in mail["files"]] == [name.replace('"', "%22")]
    assert Document.objects.filter(state="stands", key__isnull=False).count() == 1

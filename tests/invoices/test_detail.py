"""A document that stands: seen, mailed, marked, converted, edited, commented on, deleted; each thing once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from invoices import actions, detail, tasks
from invoices.models import Action, Document, TimelineNote
from tests.invoices.conftest import Desk
from tests.invoices.test_from_a_deal import linked_deal
from tests.invoices.test_panel import text_of


def standing(desk: Desk, kind: str = "invoice") -> Document:
    deal, _ = linked_deal(desk)
    document = desk.new(deal["id"], kind)
    assert desk.press(document, "save").status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert (document.state, document.error) == ("stands", "")
    return document


def post(desk: Desk, document: Document, rest: str, **data: Any) -> Any:
    return desk.client.post(desk.url(document.record_id, f"documents/{document.pk}/{rest}"), data)


def get(desk: Desk, document: Document, rest: str = "") -> Any:
    return desk.client.get(desk.url(document.record_id, f"documents/{document.pk}/{rest}"))


def in_books(desk: Desk, document: Document) -> dict[str, Any]:
    kinds = {"invoice": "invoices", "estimate": "estimates", "salesorder": "salesorders"}
    row = desk.books.document(kinds[document.kind], document.books_id or "")  # type: ignore[arg-type]
    assert row
    return row


def test_the_detail_shows_lines_sums_recipients_and_history_as_books_says_them(desk: Desk) -> None:
    document = standing(desk)
    row = in_books(desk, document)
    page = text_of(get(desk, document, "content/"))
    for line in row["line_items"]:
        assert line["name"] in page
    assert len(re.findall(r"<li>", page)) == len(desk.books.comments("invoices", document.books_id or ""))
    assert f"{row['total']:,.2f}" in page.replace("\u00a0", " ")


def test_first_paint_of_a_detail_calls_only_bigin(desk: Desk) -> None:
    document = standing(desk)
    desk.sandbox.control("DELETE", "calls")
    assert document.number in text_of(get(desk, document))
    assert {row["product"] for row in desk.sandbox.calls()["by"]} <= {"bigin"}


def test_mail_offers_books_own_words_and_sends_what_was_changed(desk: Desk) -> None:
    document = standing(desk)
    page = get(desk, document, "email/")
    form = page.context["form"]
    assert document.number in form.initial["subject"]
    assert "<p" not in form.initial["body"]
    data = {"to": form.initial["to"], "subject": "Your trip", "body": "Dear you,\n\nhere it is.", "attach": "on"}
    for _ in range(3):
        assert post(desk, document, "email/", **data).status_code == 302
    desk.worker.run()
    document.refresh_from_db()
    assert document.status in ("sent", "overdue")
    mails = [one for one in sent(desk) if one["subject"] == "Your trip"]
    assert len(mails) == 1
    assert "here it is." in mails[0]["body"]
    action = Action.objects.get(op="send")
    assert (action.state, action.payload) == ("done", {})


def sent(desk: Desk) -> list[dict[str, Any]]:
    """The outbox of the sandbox's Books."""
    state = desk.sandbox.control("GET", "state")
    rows: list[dict[str, Any]] = state["books"][desk.installation.books_org_id]["outbox"]
    return rows


def test_a_mail_without_recipients_or_with_a_bad_address_is_refused_next_to_the_field(desk: Desk) -> None:
    document = standing(desk)
    answer = post(desk, document, "email/", subject="x", body="y", more="not an address")
    assert answer.status_code == 422
    assert "no e-mail address" in text_of(answer)
    answer = post(desk, document, "email/", subject="x", body="y")
    assert "at least one recipient" in text_of(answer)
    assert not Action.objects.filter(op="send").exists()


@pytest.mark.parametrize("fault", ["drop_after", "error_after"])
def test_rule_7_5_a_lost_answer_to_a_mail_is_read_from_the_history(desk: Desk, fault: str) -> None:
    document = standing(desk)
    form = get(desk, document, "email/").context["form"]
    desk.sandbox.fault(fault, product="books", method="POST", path="/email$")
    post(desk, document, "email/", to=form.initial["to"], subject="Once", body="x", attach="on")
    desk.worker.run()
    assert Action.objects.get(op="send").state == "done"
    assert len([one for one in sent(desk) if one["subject"] == "Once"]) == 1


def test_rule_7_5_a_mail_that_left_no_trace_is_asked_about_and_never_sent_again_by_itself(desk: Desk) -> None:
    document = standing(desk)
    form = get(desk, document, "email/").context["form"]
    desk.sandbox.fault("drop_before", product="books", method="POST", path="/email$")
    post(desk, document, "email/", to=form.initial["to"], subject="Never", body="x", attach="on")
    desk.worker.run()
    action = Action.objects.get(op="send")
    assert action.state == "unconfirmed"
    assert [one for one in sent(desk) if one["subject"] == "Never"] == []
    assert 'data-test="in-doubt"' in text_of(get(desk, document))
    post(desk, document, f"action/{action.pk}/", what="again")
    desk.worker.run()
    assert len([one for one in sent(desk) if one["subject"] == "Never"]) == 1


def test_an_estimate_is_sent_accepted_ordered_and_billed_each_once(desk: Desk) -> None:
    estimate = standing(desk, "estimate")
    post(desk, estimate, "act/sent/")
    desk.worker.run()
    estimate.refresh_from_db()
    assert estimate.status == "sent"
    post(desk, estimate, "act/accepted/")
    desk.worker.run()
    estimate.refresh_from_db()
    assert estimate.status == "accepted"
    for _ in range(3):
        post(desk, estimate, "convert/salesorder/")
    desk.worker.run()
    order = Document.objects.get(kind="salesorder")
    assert (order.state, order.error, order.source_id) == ("stands", "", estimate.pk)
    assert in_books(desk, order)["estimate_id"] == estimate.books_id
    post(desk, order, "act/open/")
    desk.worker.run()
    for _ in range(3):
        post(desk, order, "convert/invoice/")
        desk.worker.run()
    invoice = Document.objects.get(kind="invoice", source=order)
    assert in_books(desk, invoice)["salesorder_id"] == order.books_id
    assert invoice.total == order.total == estimate.total
    assert len(desk.made("salesorders", estimate.customer_id)) == 1
    events = TimelineNote.objects.filter(document=estimate).values_list("event", flat=True)
    assert sorted(events) == ["accepted", "created", "sent"]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_before", "error_after"])
@pytest.mark.parametrize(("kind", "target"), [("estimate", "invoice"), ("salesorder", "invoice")])
def test_a_conversion_with_a_lost_answer_is_made_once(desk: Desk, kind: str, target: str, fault: str) -> None:
    source = standing(desk, kind)
    post(desk, source, "act/sent/" if kind == "estimate" else "act/open/")
    desk.worker.run()
    before = len(desk.made("invoices", source.customer_id))
    desk.sandbox.fault(fault, product="books", method="POST", path="/invoices(/fromsalesorder)?$")
    post(desk, source, f"convert/{target}/")
    desk.worker.run()
    made = Document.objects.get(source=source)
    if made.state == "unconfirmed":
        post(desk, made, "decide/anyway/")
        desk.worker.run()
        made.refresh_from_db()
    assert (made.state, made.error) == ("stands", "")
    assert len(desk.made("invoices", source.customer_id)) == before + 1


def test_what_somebody_converted_in_books_is_not_converted_again(desk: Desk) -> None:
    estimate = standing(desk, "estimate")
    post(desk, estimate, "act/sent/")
    desk.worker.run()
    desk.books.client.request("POST", "/invoices/fromestimates", {"estimate_ids": estimate.books_id})
    [theirs] = (desk.books.document("estimates", estimate.books_id or "") or {})["invoice_ids"]
    post(desk, estimate, "convert/invoice/")
    desk.worker.run()
    made = Document.objects.get(source=estimate)
    assert made.books_id == theirs


def test_a_draft_is_not_offered_for_conversion_and_refused_in_plain_words(desk: Desk) -> None:
    estimate = standing(desk, "estimate")
    assert post(desk, estimate, "convert/invoice/").status_code == 404
    Document.objects.filter(pk=estimate.pk).update(status="sent")  # the mirror is behind
    post(desk, estimate, "convert/invoice/")
    desk.worker.run()
    made = Document.objects.get(source=estimate)
    assert made.state == "refused"
    assert "sent or accepted first" in made.error
    assert "sent or accepted first" in text_of(get(desk, made))


def test_accepting_what_was_accepted_in_books_is_done(desk: Desk) -> None:
    estimate = standing(desk, "estimate")
    desk.books.status("estimates", estimate.books_id or "", "sent")
    desk.books.status("estimates", estimate.books_id or "", "accepted")
    Document.objects.filter(pk=estimate.pk).update(status="sent")
    post(desk, estimate, "act/accepted/")
    desk.worker.run()
    estimate.refresh_from_db()
    assert (Action.objects.get(op="accepted").state, estimate.status) == ("done", "accepted")


def test_edit_changes_lines_and_keeps_what_books_knew(desk: Desk) -> None:
    document = standing(desk)
    before = in_books(desk, document)
    assert post(desk, document, "edit/").status_code == 302
    revision = Document.objects.get(revises=document)
    assert desk.press(revision, "save", **{"lines-0-quantity": "9", "reference": "PO-7"}).status_code == 302
    desk.worker.run()
    after = in_books(desk, document)
    assert (after["reference_number"], after["line_items"][0]["quantity"]) == ("PO-7", 9)
    assert [line["line_item_id"] for line in after["line_items"]] == [
        line["line_item_id"] for line in before["line_items"]
    ]
    document.refresh_from_db()
    assert document.total == after["total"] != before["total"]
    revision.refresh_from_db()
    assert (revision.state, revision.payload) == ("discarded", {})
    assert get(desk, revision)["Location"] == desk.url(document.record_id, f"documents/{document.pk}/")


def test_what_was_changed_in_books_meanwhile_is_not_overwritten(desk: Desk) -> None:
    document = standing(desk)
    post(desk, document, "edit/")
    revision = Document.objects.get(revises=document)
    desk.sandbox.advance(5)
    desk.books.update_document("invoices", document.books_id or "", {"reference_number": "typed in Books"})
    desk.press(revision, "save", reference="typed here")
    desk.worker.run()
    revision.refresh_from_db()
    assert revision.state == "refused"
    assert "changed in Books meanwhile" in revision.error
    assert in_books(desk, document)["reference_number"] == "typed in Books"


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_after"])
def test_a_lost_answer_to_an_edit_is_read_back(desk: Desk, fault: str) -> None:
    document = standing(desk)
    post(desk, document, "edit/")
    revision = Document.objects.get(revises=document)
    desk.sandbox.fault(fault, product="books", method="PUT", path=r"/invoices/\d+$")
    desk.press(revision, "save", reference="PO-8")
    desk.worker.run()
    revision.refresh_from_db()
    expected = "refused" if fault == "drop_before" else "discarded"
    assert revision.state == expected
    assert (in_books(desk, document)["reference_number"] == "PO-8") is (expected == "discarded")


def test_delete_void_and_comment(desk: Desk) -> None:
    document = standing(desk)
    post(desk, document, "act/comment/", text="<b>ask</b> for the passport")
    desk.worker.run()
    page = text_of(get(desk, document, "content/"))
    assert "&lt;b&gt;ask&lt;/b&gt; for the passport" in page
    post(desk, document, "act/delete/")
    desk.worker.run()
    document.refresh_from_db()
    assert document.state == "gone"
    assert desk.books.document("invoices", document.books_id or "") is None
    assert "deleted in Books" in text_of(get(desk, document))


def test_void_is_told_its_reason_and_takes_the_buttons_away(desk: Desk) -> None:
    document = standing(desk)
    post(desk, document, "act/void/")
    desk.worker.run()
    document.refresh_from_db()
    assert (document.status, detail.allowed(document)) == ("void", ())


def test_what_books_refuses_is_said_in_plain_words(desk: Desk) -> None:
    """Deleted there meanwhile."""
    document = standing(desk)
    desk.books.delete_document("invoices", document.books_id or "")
    post(desk, document, "act/sent/")
    desk.worker.run()
    action = Action.objects.get(op="sent")
    assert action.state == "refused"
    assert "not in Books any more" in action.error
    document.refresh_from_db()
    assert document.state == "gone"


def test_a_dead_workers_action_is_looked_up_and_done(desk: Desk, monkeypatch: pytest.MonkeyPatch, later: Any) -> None:
    document = standing(desk)
    real = actions._do

    class Killed(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(actions, "_do", dies)
    post(desk, document, "act/sent/")
    with pytest.raises(Killed):
        desk.worker.run()
    monkeypatch.setattr(actions, "_do", real)
    desk.worker.jobs.clear()
    later(actions.ABANDONED + timedelta(seconds=1))
    tasks.sweep()
    desk.worker.run()
    document.refresh_from_db()
    assert (Action.objects.get(op="sent").state, document.status) == ("done", "sent")


def test_the_pdf_opens_once_with_a_ticket_and_never_again(desk: Desk) -> None:
    document = standing(desk)
    answer = post(desk, document, "pdf/", how="save")
    assert answer.status_code == 302
    fetched = desk.client.get(answer["Location"])
    assert fetched.content.startswith(b"%PDF-")
    assert fetched["Content-Disposition"] == f'attachment; filename="{document.number}.pdf"'
    assert desk.client.get(answer["Location"]).status_code == 404


def test_rule_7_6_notes_can_be_switched_off(desk: Desk) -> None:
    desk.installation.settings = {"timeline_notes": False}
    desk.installation.save()
    document = standing(desk)
    assert TimelineNote.objects.count() == 0
    assert desk.bigin.notes("Pipelines", document.record_id).rows == []

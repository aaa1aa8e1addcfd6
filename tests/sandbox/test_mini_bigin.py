"""The mini Bigin: a person's day over plain HTTP, escaping, who sees what (design section 8, topping.md B3)."""

from __future__ import annotations

import re

import pytest
import requests

from sandbox.testing import Sandbox
from tests.sandbox.api import AMARA, TOMASZ, Bigin

HOSTILE = "<script>alert(1)</script> & \"Sons\" 'x'"


class Visitor:
    """A browser without JavaScript."""

    def __init__(self, sandbox: Sandbox, user: int | None = None) -> None:
        self.url = sandbox.url
        self.session = requests.Session()
        if user is not None:
            self.post("/sign-in", zuid=sandbox.users[user]["zuid"])

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, timeout=30)

    def post(self, path: str, origin: str = "", **form: str) -> requests.Response:
        return self.session.post(self.url + path, data=form, headers={"Origin": origin or self.url}, timeout=30)


@pytest.mark.parametrize(
    "path", ["/", "/companies", "/contacts", "/deals", "/products", "/recycle-bin", "/settings/toppings"]
)
def test_every_page_answers_and_runs_own_scripts_only(agency: Sandbox, path: str) -> None:
    """No inline script or style; frames only the topping; not to be framed itself."""
    page = Visitor(agency).get(path)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-src http://localhost:8000" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<script(?![^>]*src=)|style=|onclick=", page.text)


def test_a_record_is_made_edited_deleted_and_restored(sandbox: Sandbox) -> None:
    """A small company's day."""
    visitor, bigin = Visitor(sandbox), Bigin(sandbox)
    made = visitor.post("/companies/new", Account_Name="Acme", Phone="1")
    company = made.url.rsplit("/", 1)[1]
    assert bigin.record("Accounts", company)["Phone"] == "1"
    visitor.post(f"/companies/{company}/edit", Account_Name="Acme Ltd", Phone="")
    row = bigin.record("Accounts", company)
    assert (row["Account_Name"], row["Phone"]) == ("Acme Ltd", None)
    visitor.post(f"/companies/{company}/delete")
    assert bigin.get(f"/Accounts/{company}").status_code == 204
    assert "Acme Ltd" in visitor.get("/recycle-bin").text
    visitor.post("/recycle-bin/restore", module="Accounts", id=company)
    assert bigin.record("Accounts", company)["Account_Name"] == "Acme Ltd"


def test_a_deal_with_products(sandbox: Sandbox) -> None:
    """Lines are added and removed on the page; amounts as typed."""
    visitor, bigin = Visitor(sandbox), Bigin(sandbox)
    tour = bigin.add("Products", Product_Name="Tour", Unit_Price=100)
    made = visitor.post(
        "/deals/new", Deal_Name="Trip", Sub_Pipeline="Sales Pipeline Standard", Stage="Enquiry", Amount="1234,50"
    )
    deal = made.url.rsplit("/", 1)[1]
    visitor.post(f"/deals/{deal}/lines", product=tour, quantity="2", price="", discount="10")
    visitor.post(f"/deals/{deal}/lines", product=tour, quantity="1", price="80.5", discount="")
    lines = bigin.rows(f"/Pipelines/{deal}/Products", fields="Quantity,List_Price,Discount,Total")
    assert [(one["Quantity"], one["List_Price"], one["Total"]) for one in lines] == [(2, 100, 190), (1, 80.5, 80.5)]
    assert bigin.record("Pipelines", deal)["Amount"] == 1234.5
    line_id = re.search(r'name="remove" value="(\d+)"', visitor.get(f"/deals/{deal}").text)
    assert line_id is not None
    visitor.post(f"/deals/{deal}/lines", remove=line_id[1])
    assert len(bigin.rows(f"/Pipelines/{deal}/Products", fields="id")) == 1


def test_merging_two_companies(sandbox: Sandbox) -> None:
    """Rules 5.3: the loser is gone for good."""
    visitor, bigin = Visitor(sandbox), Bigin(sandbox)
    first, second = (bigin.add("Accounts", Account_Name=name) for name in ("Acme", "Acme Ltd"))
    contact = bigin.add("Contacts", Last_Name="Doe", Account_Name={"id": second})
    assert visitor.post(f"/companies/{first}/merge", loser=first).status_code == 400
    assert visitor.post(f"/companies/{first}/merge", loser="1").status_code == 400
    visitor.post(f"/companies/{first}/merge", loser=second)
    assert bigin.record("Contacts", contact)["Account_Name"]["id"] == first
    assert bigin.rows("/Accounts/deleted")[0]["type"] == "permanent"
    assert "Acme Ltd" not in visitor.get("/recycle-bin").text


def test_a_note_is_added(sandbox: Sandbox) -> None:
    """Notes show on the record, escaped."""
    visitor, bigin = Visitor(sandbox), Bigin(sandbox)
    company = bigin.add("Accounts", Account_Name="Acme")
    page = visitor.post(f"/companies/{company}/notes", content=HOSTILE)
    assert "&lt;script&gt;" in page.text
    assert bigin.rows(f"/Accounts/{company}/Notes", fields="Note_Content")[0]["Note_Content"] == HOSTILE
    assert visitor.post(f"/companies/{company}/notes", content=" ").status_code == 400


def test_hostile_names_are_text_everywhere(sandbox: Sandbox) -> None:
    """Escaped on list, record, form, merge and bin pages."""
    visitor, bigin = Visitor(sandbox), Bigin(sandbox)
    company = bigin.add("Accounts", Account_Name=HOSTILE)
    contact = bigin.add("Contacts", Last_Name="Doe", Account_Name={"id": company})
    pages = [f"/companies/{company}", f"/companies/{company}/edit", f"/companies/{company}/merge", "/companies"]
    pages += [f"/contacts/{contact}", f"/contacts/{contact}/edit", "/companies?q=%3Cscript%3E"]
    for path in pages:
        text = visitor.get(path).text
        assert "<script>alert" not in text, path
        assert '"Sons"' not in text, path
    bigin.delete(f"/Accounts/{company}")
    assert "&lt;script&gt;alert" in visitor.get("/recycle-bin").text


def test_mistakes_are_told_and_keep_what_was_typed(sandbox: Sandbox) -> None:
    """Bad input loses nothing."""
    visitor, bigin = Visitor(sandbox), Bigin(sandbox)
    page = visitor.post("/contacts/new", Last_Name="", First_Name="Jo", Email="nonsense")
    assert page.status_code == 400
    assert 'id="error"' in page.text
    assert 'value="nonsense"' in page.text
    assert visitor.post("/products/new", Product_Name="P", Unit_Price="much").status_code == 400
    assert bigin.rows("/Contacts", fields="id") == bigin.rows("/Products", fields="id") == []


@pytest.mark.parametrize(
    "path",
    ["/nope", "/deals/1", "/deals/1/edit", "/companies/x/merge", "/sdk/record?entity=Nope", "/assets/..%2fpages.py"],
)
def test_what_does_not_exist_is_404_with_a_page(sandbox: Sandbox, path: str) -> None:
    """No traceback reaches a browser."""
    page = Visitor(sandbox).get(path)
    assert page.status_code == 404
    assert "Traceback" not in page.text


def test_forms_of_other_sites_are_refused(sandbox: Sandbox) -> None:
    """A page elsewhere cannot press our buttons."""
    visitor, bigin = Visitor(sandbox), Bigin(sandbox)
    page = visitor.post("/companies/new", origin="http://localhost:8000", Account_Name="Acme")
    assert page.status_code == 403
    assert bigin.rows("/Accounts", fields="id") == []


def test_another_name_of_the_same_machine_leads_to_the_pages_own(sandbox: Sandbox) -> None:
    """Frames name the page around them by the sandbox's own address: messages to another name would be lost."""
    other = sandbox.url.replace("127.0.0.1", "localhost")
    page = requests.get(f"{other}/companies?q=a%26b", allow_redirects=False, timeout=30)
    assert (page.status_code, page.headers["Location"]) == (303, f"{sandbox.url}/companies?q=a%26b")


def test_who_is_signed_in_decides_what_shows(sandbox: Sandbox) -> None:
    """Login-as; restricted sharing and denied permissions hold on the pages too."""
    bigin = Bigin(sandbox)
    company = bigin.add("Accounts", Account_Name="Acme")
    tomasz = Visitor(sandbox, TOMASZ)
    assert tomasz.get(f"/companies/{company}").status_code == 404
    assert "Acme" not in tomasz.get("/companies").text
    sandbox.control(
        "POST", "bigin/user", {"user": sandbox.users[AMARA]["email"], "denied": ["Crm_Implied_Delete_Accounts"]}
    )
    amara = Visitor(sandbox, AMARA)
    assert amara.get(f"/companies/{company}").status_code == 200
    assert amara.post(f"/companies/{company}/delete").status_code == 403
    assert amara.get("/sdk/current-user").json()["users"][0]["full_name"] == "Amara Delacroix"
    assert Visitor(sandbox).post("/sign-in", zuid="1").status_code == 400


def test_frames_name_the_topping_and_the_origin_around(agency: Sandbox) -> None:
    """Agreed addresses; record and module are not in the query (topping.md B3)."""
    visitor = Visitor(agency)
    around = agency.url.replace(":", "%3A").replace("/", "%2F")
    settings = visitor.get("/settings/toppings/zoho-books").text
    assert f'data-src="http://localhost:8000/embed/settings/?serviceOrigin={around}"' in settings
    deal = Bigin(agency).rows("/Pipelines", fields="id")[0]["id"]
    record = visitor.get(f"/deals/{deal}").text
    assert f'data-src="http://localhost:8000/embed/record/?serviceOrigin={around}"' in record
    assert f'data-entity="Pipelines" data-entity-id="{deal}"' in record
    product = Bigin(agency).rows("/Products", fields="id")[0]["id"]
    assert "data-topping" not in visitor.get(f"/products/{product}").text


@pytest.mark.parametrize(("position", "attribute"), [("absent", False), ("sandboxed", True)])
def test_switch_bigin_frame_sandbox(sandbox: Sandbox, position: str, attribute: bool) -> None:
    """topping.md E: unknown whether Bigin's page sandboxes the frame."""
    sandbox.switch(bigin_frame_sandbox=position)
    page = Visitor(sandbox).get("/settings/toppings/zoho-books").text
    assert ('sandbox="allow-scripts' in page) is attribute

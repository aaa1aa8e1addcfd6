"""Paths of the mini Books, below /mini-books."""

from __future__ import annotations

from sandbox.core import Route
from sandbox.web import books_forms as forms
from sandbox.web import books_views as views


def routes() -> list[Route]:
    return [
        Route("GET", "/", views.start),
        Route("GET", "/{org}", views.home),
        Route("GET", "/{org}/customers", views.customers),
        Route("GET", "/{org}/customers/new", views.new_customer),
        Route("POST", "/{org}/customers/new", forms.create_customer),
        Route("GET", "/{org}/customers/{contact_id}", views.customer),
        Route("POST", "/{org}/customers/{contact_id}", forms.save_customer),
        Route("POST", "/{org}/customers/{contact_id}/persons", forms.add_person),
        Route("POST", "/{org}/customers/{contact_id}/{action}", forms.act_on_customer),
        Route("POST", "/{org}/persons/{person_id}", forms.act_on_person),
        Route("GET", "/{org}/items", views.item_list),
        Route("GET", "/{org}/items/new", views.item),
        Route("POST", "/{org}/items/new", forms.save_item),
        Route("GET", "/{org}/items/{item_id}", views.item),
        Route("POST", "/{org}/items/{item_id}", forms.save_item),
        Route("POST", "/{org}/items/{item_id}/{action}", forms.act_on_item),
        Route("GET", "/{org}/mails", views.mails),
        Route("GET", "/{org}/mails/{mail_id}", views.mail),
        Route("GET", "/{org}/settings", views.settings_page),
        Route("POST", "/{org}/settings/fields", forms.add_field),
        Route("GET", "/{org}/{plural}", views.papers),
        Route("GET", "/{org}/{plural}/new", views.new_paper),
        Route("POST", "/{org}/{plural}/new", forms.create_paper),
        Route("GET", "/{org}/{plural}/{document_id}", views.paper),
        Route("GET", "/{org}/{plural}/{document_id}/pdf", views.pdf),
        Route("POST", "/{org}/{plural}/{document_id}/{action}", forms.act_on_paper),
    ]

"""Addresses of documents on a record page. Each stands below the record whose reader may see it."""

from django.urls import URLPattern, path

from invoices.views import documents, forms, mail, panel

app_name = "invoices"
_RECORD = "embed/record/<slug:module>/<str:record_id>/"
_DOCUMENT = _RECORD + "documents/<uuid:pk>/"

urlpatterns: list[URLPattern] = [
    path("embed/record/", panel.entry, name="entry"),
    path(_RECORD, panel.record, name="panel"),
    path(_RECORD + "documents/", panel.documents, name="documents"),
    path(_RECORD + "refresh/", panel.refresh, name="refresh"),
    path(_RECORD + "new/<slug:kind>/", panel.new, name="new"),
    path(_DOCUMENT, documents.document, name="document"),
    path(_DOCUMENT + "content/", documents.content, name="content"),
    path(_DOCUMENT + "form/", forms.save, name="save"),
    path(_DOCUMENT + "totals/", forms.totals, name="totals"),
    path(_DOCUMENT + "items/", forms.item_search, name="items"),
    path(_DOCUMENT + "customer/", forms.customer, name="customer"),
    path(_DOCUMENT + "discard/", forms.discard, name="discard"),
    path(_DOCUMENT + "decide/<slug:what>/", documents.decide, name="decide"),
    path(_DOCUMENT + "act/<slug:op>/", documents.act, name="act"),
    path(_DOCUMENT + "action/<int:action>/", documents.settle_action, name="settle_action"),
    path(_DOCUMENT + "convert/<slug:kind>/", documents.convert, name="convert"),
    path(_DOCUMENT + "edit/", documents.edit, name="edit"),
    path(_DOCUMENT + "customers/", forms.customer_search, name="customers"),
    path(_DOCUMENT + "email/", mail.compose, name="email"),
    path(_DOCUMENT + "pdf/", mail.pdf_ticket, name="pdf"),
    path("file/document/<str:secret>/", mail.file, name="file"),
]

"""Addresses of documents on a record page. Each stands below the record whose reader may see it."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from invoices.views import deletion, documents, forms, mail, panel, settings

app_name = "invoices"


class BiginId:
    """What is no id of Bigin's leads nowhere."""

    regex = "[0-9]{1,40}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(BiginId, "bigin_id")
_RECORD = "embed/record/<slug:module>/<bigin_id:record_id>/"
_DOCUMENT = _RECORD + "documents/<uuid:pk>/"

urlpatterns: list[URLPattern | URLResolver] = [
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
    path("embed/documents/settings/", settings.choices, name="settings"),
    path("embed/documents/settings/token/", settings.token, name="token"),
    path("embed/documents/settings/check/", settings.check_keys, name="check_keys"),
    path("embed/delete/", deletion.delete, name="delete"),
    path("api/v1/", include("invoices.api.urls")),
    path("file/document/<str:secret>/", mail.file, name="file"),
]

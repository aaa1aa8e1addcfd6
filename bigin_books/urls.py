"""Where each address leads. Everything under /embed/ may be framed by Bigin; nothing else may."""

from django.urls import URLPattern, URLResolver, include, path

from bigin_books import handbook
from bigin_books.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("metrics", metrics, name="metrics"),
    path("help/", handbook.contents, name="help"),
    path("help/<slug:name>/", handbook.page, name="help_chapter"),
    path("", include("accounts.urls")),
    path("", include("sync.urls")),
    path("", include("invoices.urls")),
]

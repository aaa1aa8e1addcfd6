"""Where each address leads. Everything under /embed/ may be framed by Bigin; nothing else may."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("accounts.urls")),
    path("", include("sync.urls")),
    path("", include("invoices.urls")),
]

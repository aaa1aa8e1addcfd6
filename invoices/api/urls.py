"""Addresses of the REST API. Its own description is at `schema`."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from invoices.api import views

urlpatterns = [
    path("schema", SpectacularJSONAPIView.as_view(), name="api_schema"),
    path("status", views.status, name="api_status"),
    path("runs", views.runs, name="api_runs"),
    path("runs/<int:pk>", views.run, name="api_run"),
    path("sync", views.sync_now, name="api_sync"),
    path("issues", views.issues, name="api_issues"),
    path("issues/<int:pk>/retry", views.retry_issue, name="api_retry"),
    path("records/<slug:module>/<bigin_id:record_id>/documents", views.documents, name="api_documents"),
    path("documents", views.create_document, name="api_create"),
    path("documents/<uuid:pk>", views.document, name="api_document"),
    path("<path:rest>", views.nowhere, name="api_nowhere"),
]

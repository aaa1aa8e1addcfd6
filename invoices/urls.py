"""Addresses of documents on a record page, and of what needs all three apps."""

from django.urls import URLPattern

app_name = "invoices"
urlpatterns: list[URLPattern] = []

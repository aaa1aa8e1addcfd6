"""Paths of the mini Bigin."""

from __future__ import annotations

from sandbox.core import Route
from sandbox.web import bigin_forms, bigin_views

ROUTES = [
    Route("GET", "/", bigin_views.home),
    Route("POST", "/sign-in", bigin_forms.sign_in),
    Route("GET", "/recycle-bin", bigin_views.bin_page),
    Route("POST", "/recycle-bin/restore", bigin_forms.restore),
    Route("POST", "/recycle-bin/purge", bigin_forms.purge_record),
    Route("GET", "/settings/toppings", bigin_views.toppings_page),
    Route("GET", "/settings/toppings/zoho-books", bigin_views.topping_page),
    Route("GET", "/sdk/current-user", bigin_views.sdk_user),
    Route("GET", "/sdk/org", bigin_views.sdk_org),
    Route("GET", "/sdk/record", bigin_views.sdk_record),
    Route("GET", "/sdk/fields", bigin_views.sdk_fields),
    Route("POST", "/deals/{record_id}/lines", bigin_forms.change_lines),
    Route("GET", "/{slug}", bigin_views.list_page),
    Route("GET", "/{slug}/new", bigin_forms.new_form),
    Route("POST", "/{slug}/new", bigin_forms.create),
    Route("GET", "/{slug}/{record_id}", bigin_views.record_page),
    Route("GET", "/{slug}/{record_id}/edit", bigin_forms.edit_form),
    Route("POST", "/{slug}/{record_id}/edit", bigin_forms.save),
    Route("POST", "/{slug}/{record_id}/delete", bigin_forms.delete),
    Route("GET", "/{slug}/{record_id}/merge", bigin_forms.merge_form),
    Route("POST", "/{slug}/{record_id}/merge", bigin_forms.merge),
    Route("POST", "/{slug}/{record_id}/notes", bigin_forms.add_note),
]

"""The badge of a record for pages outside the sync: they say which record, `sync.services` says how it is."""

from typing import Any

from django import template
from django.template.context import RequestContext

from sync import services
from sync.shape import KIND_OF_BIGIN_MODULE

register = template.Library()


@register.inclusion_tag("sync/_record_badge.html", takes_context=True)
def record_badge(context: RequestContext) -> dict[str, Any]:
    """Of the context's `module` and `record_id`; nothing for what is not synchronised by itself, such as a deal."""
    module, record_id = context["module"], context["record_id"]
    if module not in KIND_OF_BIGIN_MODULE:
        return {}
    state = services.record_state(context["request"].installation, module, record_id)
    return {"state": state, "module": module, "record_id": record_id, "asked": False}

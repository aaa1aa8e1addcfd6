"""`|told`: a text that the engine stored, in the reader's language."""

from django import template

from accounts import telling

register = template.Library()


@register.filter
def told(text: object) -> str:
    return telling.told(str(text)) if text else ""

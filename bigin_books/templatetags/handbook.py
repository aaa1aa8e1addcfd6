"""`{{ "sync.md#preview"|help_address }}`: where a screen's link into the documentation leads."""

from django import template

from bigin_books import handbook

register = template.Library()


@register.filter
def help_address(page: str) -> str:
    return handbook.address(page)

"""What browser tests of the screens share: a signed-in browser, and what is wrong with a page at first sight."""

from collections.abc import Callable

from django.conf import settings
from playwright.sync_api import BrowserContext, Locator, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import Member
from tests.factories import signed_in_client


def signed_in(
    new_context: Callable[..., BrowserContext], server: LiveServer, member: Member, **options: object
) -> Page:
    context = new_context(**options)
    session = signed_in_client(member).cookies[settings.SESSION_COOKIE_NAME].value
    # A cookie of this name must come over HTTPS; browsers send it to http://localhost all the same.
    secure = server.url.replace("http:", "https:") + "/"
    context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": secure, "httpOnly": True, "secure": True}]
    )
    return context.new_page()


def named(page: Page, name: str) -> Locator:
    return page.locator(f"[data-test='{name}']")

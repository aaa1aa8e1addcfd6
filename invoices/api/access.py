"""Who calls the API: the installation whose token comes with the request, so many times a minute."""

from __future__ import annotations

import logging
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from accounts.models import Installation
from invoices import api_tokens
from zoho.limits import StoreError

log = logging.getLogger(__name__)


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <token>`; `request.auth` is the installation."""

    def authenticate(self, request: Request) -> tuple[None, Installation] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        try:
            secret = parts[1].decode("ascii") if len(parts) == 2 else ""
        except UnicodeDecodeError:
            secret = ""
        installation = api_tokens.holder(secret) if secret else None
        if installation is None:
            raise AuthenticationFailed("This token is not known, or was revoked.")
        return None, installation

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = BearerToken
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class HasToken(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Installation)


class Busy(APIException):
    status_code = 503
    default_detail = "The service cannot count requests right now. Try again in a moment."
    default_code = "unavailable"


class PerInstallation(SimpleRateThrottle):
    scope = "api"
    rate = "300/min"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        caller = request.auth.pk if isinstance(request.auth, Installation) else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": caller}

    def allow_request(self, request: Request, view: APIView) -> bool:
        try:
            return super().allow_request(request, view)
        except StoreError as error:
            log.warning("api: the counter does not answer (%s)", type(error).__name__)
            raise Busy from error

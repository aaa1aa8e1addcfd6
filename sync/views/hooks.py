"""The door that Bigin's notification channels knock at: no session and no cookie, the channel's token is the proof."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.throttle import Closed, limited
from sync import notifications


def _too_often(_request: HttpRequest, closed: Closed) -> HttpResponse:
    return HttpResponse(status=503 if closed.broken else 429, headers={"Retry-After": str(closed.seconds)})


@csrf_exempt  # another server's call: there is no session whose rights it could borrow
@require_POST
@limited("hook", 600, 60, _too_often)
def bigin(request: HttpRequest, installation_id: uuid.UUID) -> HttpResponse:
    """Always the same answer, so that nobody learns from it which installations there are."""
    notifications.receive(installation_id, request.body)
    return HttpResponse(status=204)

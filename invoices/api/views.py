"""Each view is one service of the screens. What belongs to another installation is not there: 404."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view, authentication_classes, permission_classes, throttle_classes
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Installation
from invoices import deals, feeds, ordering, words
from invoices.api import shapes
from invoices.api.access import BearerToken, HasToken, PerInstallation
from invoices.models import Document
from sync import services
from sync.models import Issue, Run
from zoho.errors import Rejected, ZohoError

Handler = Callable[..., Response]
_MOST = 100
_WRONG = {
    400: OpenApiResponse(OpenApiTypes.OBJECT, description="What was sent cannot be read, field by field."),
    401: OpenApiResponse(shapes.Problem, description="No token, or one that is not known."),
    404: OpenApiResponse(shapes.Problem, description="Not there, or not this installation's."),
    429: OpenApiResponse(shapes.Problem, description="Too many requests; Retry-After says when to come back."),
    503: OpenApiResponse(shapes.Problem, description="Zoho or our own counter cannot be reached; nothing was done."),
}
_MODULE = OpenApiParameter("module", OpenApiTypes.STR, OpenApiParameter.PATH, enum=deals.MODULES)
_RECORD = OpenApiParameter("record_id", OpenApiTypes.STR, OpenApiParameter.PATH, pattern="^[0-9]{1,40}$")
_BEFORE = OpenApiParameter("before", OpenApiTypes.INT, description="Only those with a smaller id; for paging.")


def endpoint(
    method: str, name: str, answer: Any, *, wish: Any = None, status: int = 200, parameters: list[Any] | None = None
) -> Callable[[Handler], Any]:
    """A view of the API with its token, its throttle and its entry in the OpenAPI document."""

    def decorate(handler: Handler) -> Any:
        guarded = authentication_classes([BearerToken])(handler)
        guarded = permission_classes([HasToken])(guarded)
        guarded = throttle_classes([PerInstallation])(guarded)
        described = extend_schema(
            operation_id=name,
            request=wish,
            parameters=parameters or [],
            responses={status: answer, **_WRONG, **({409: shapes.Problem, 422: shapes.FieldProblems} if wish else {})},
        )
        return described(api_view([method])(guarded))

    return decorate


@csrf_exempt
def nowhere(request: HttpRequest, rest: str) -> JsonResponse:
    """Whatever else stands below the API's address: a program is answered in its own language."""
    return JsonResponse({"detail": "Not found."}, status=404)


def _caller(request: Request) -> Installation:
    return cast(Installation, request.auth)


def _before(request: Request) -> int | None:
    """A whole number that fits a key; nonsense counts as not given."""
    given = request.query_params.get("before", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else None


@endpoint("GET", "status", shapes.StatusShape)
def status(request: Request) -> Response:
    installation = _caller(request)
    answer = {
        "id": installation.pk,
        "bigin_organization": installation.bigin_org_name,
        "books_organization": installation.books_org_name,
        "product": installation.product,
        "state": installation.state,
        "problem": installation.problem,
        "open_issues": installation.issues.filter(state=Issue.State.OPEN).count(),
        "modules": list(services.settings_of(installation).values()),
    }
    return Response(shapes.StatusShape(answer).data)


@endpoint("GET", "runs", shapes.RunShape(many=True), parameters=[_BEFORE])
def runs(request: Request) -> Response:
    """The newest hundred, newest first."""
    rows = _caller(request).runs.order_by("-pk")
    before = _before(request)
    rows = rows.filter(pk__lt=before) if before is not None else rows
    return Response(shapes.RunShape(rows[:_MOST], many=True).data)


@endpoint("GET", "run", shapes.RunShape)
def run(request: Request, pk: int) -> Response:
    row = Run.objects.filter(installation=_caller(request), pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise NotFound
    return Response(shapes.RunShape(row).data)


@endpoint("POST", "sync_now", shapes.SyncAnswer, wish=shapes.SyncWish, status=202)
def sync_now(request: Request) -> Response:
    wish = shapes.SyncWish(data=request.data)
    wish.is_valid(raise_exception=True)
    result = services.request_sync(_caller(request), wish.validated_data.get("modules", []), "api", "API")
    return Response({"result": str(result)}, status=202)


@endpoint("GET", "issues", shapes.IssueShape(many=True), parameters=[_BEFORE])
def issues(request: Request) -> Response:
    """The newest hundred that are open, newest first."""
    rows = Issue.objects.filter(installation=_caller(request), state=Issue.State.OPEN)
    before = _before(request)
    rows = rows.filter(pk__lt=before) if before is not None else rows
    return Response(shapes.IssueShape(rows.select_related("record").order_by("-pk")[:_MOST], many=True).data)


@endpoint("POST", "retry_issue", shapes.IssueShape, status=202)
def retry_issue(request: Request, pk: int) -> Response:
    rows = Issue.objects.filter(installation=_caller(request), state=Issue.State.OPEN)
    issue = rows.select_related("record", "installation", "link").filter(pk=pk).first() if pk < 2**63 else None
    if issue is None:
        raise NotFound
    services.retry(issue, "API", "api")
    return Response(shapes.IssueShape(issue).data, status=202)


@endpoint("GET", "documents_of_record", shapes.DocumentShape(many=True), parameters=[_MODULE, _RECORD])
def documents(request: Request, module: str, record_id: str) -> Response:
    """From our mirror, newest first: those made from the record and those of its customer; a hundred at most."""
    if module not in deals.MODULES:
        raise NotFound
    rows = ordering.documents_of(_caller(request), module, record_id)
    return Response(shapes.DocumentShape(rows[:_MOST], many=True).data)


@endpoint("POST", "create_document", shapes.DocumentShape, wish=shapes.DocumentWish, status=202)
def create_document(request: Request) -> Response:
    """Queues it; its address says how it goes. The same key again gives the first one, and looks again for one that
    Books did not confirm."""
    wish = shapes.DocumentWish(data=request.data)
    wish.is_valid(raise_exception=True)
    installation = _caller(request)
    if wish.validated_data["kind"] not in feeds.kinds_of(installation):
        return Response({"detail": "Zoho Invoice has no sales orders."}, status=409)
    try:
        document = ordering.order(installation, wish.validated_data)
    except ordering.RefusedOrder as refused:
        return Response({"detail": "This cannot be saved.", "wrong": refused.fields}, status=422)
    except Rejected as error:
        if error.code in ("gone", "malformed_id"):
            raise NotFound from error
        return Response({"detail": words.refusal(error)}, status=409)
    except ZohoError as error:
        return Response({"detail": words.refusal(error)}, status=503)
    return Response(shapes.DocumentShape(document).data, status=202)


@endpoint("GET", "document", shapes.DocumentShape)
def document(request: Request, pk: Any) -> Response:
    row = Document.objects.filter(installation=_caller(request), pk=pk).exclude(state=Document.State.DISCARDED).first()
    if row is None:
        raise NotFound
    return Response(shapes.DocumentShape(row).data)

"""Which details of Books customers are read again although their rows look as before: by night, and before a person is
written. Database only, no network.

Addresses and persons are in no list. Whether editing a person moves its customer's time is not known (rules 8.2), and
times have whole seconds: what is edited in the very second of our own write moves nothing.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Case, F, IntegerField, Value, When

from sync import allowance, probed, sources
from sync.models import Feed, Record, RecordKind
from sync.shape import Shape

_SHARE = 0.1  # of a day's calls
# Between our clock and theirs; a detail read this soon after the row's last change may have missed a later one.
_CLOSE = timedelta(minutes=2)


def doubt(shape: Shape, feed: str) -> None:
    """With each nightly listing, within a tenth of a day's calls: the doubtful first, then those read longest ago; the
    doubtful alone where editing a person is known to move its customer's time. None that the settings leave out."""
    if feed != Feed.BOOKS_CUSTOMERS or not shape.customers_need_detail:
        return
    rows = Record.objects.filter(
        installation=shape.installation, kind=RecordKind.CUSTOMER, gone_at=None, detail_at__isnull=False
    )
    kinds = shape.kinds_with(RecordKind.CUSTOMER)
    if not any(sources.may_pair(shape, kind, {"sub_type": "individual"}) for kind in kinds):
        rows = rows.exclude(meta__sub_type="individual")
    if probed.person_moves_customer(shape.installation):
        rows = rows.filter(detail_at__lt=F("modified_at") + _CLOSE)
    doubtful = When(detail_at__lt=F("modified_at") + _CLOSE, then=Value(0))
    order = Case(doubtful, default=Value(1), output_field=IntegerField())
    chosen = rows.order_by(order, "detail_at", "pk").values_list("pk", flat=True)[: allowed(shape)]
    Record.objects.filter(pk__in=list(chosen)).update(detail_at=None)


def is_doubtful(customer: Record) -> bool:
    """Whether its detail was read so soon after its last change that it may have missed another one."""
    if customer.detail_at is None:
        return True
    return customer.modified_at is not None and customer.detail_at < customer.modified_at + _CLOSE


def may_hide_an_edit(customer: Record) -> bool:
    """Whether a person of it may have been edited in Books since its detail was read, with no list showing that."""
    return not probed.person_moves_customer(customer.installation) or is_doubtful(customer)


def allowed(shape: Shape) -> int:
    return int(allowance.of_a_day(shape.installation, shape.installation.product) * _SHARE)

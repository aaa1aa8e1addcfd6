"""How often one visitor may knock at a door, counted in Django's cache in fixed windows."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase

from accounts.http import address_of
from zoho.limits import StoreError

log = logging.getLogger(__name__)
P = ParamSpec("P")
Request = TypeVar("Request", bound=HttpRequest)


class Closed(Exception):
    """Too many knocks, or the counter itself does not answer; `seconds` until it is worth trying again."""

    def __init__(self, seconds: int, *, broken: bool = False) -> None:
        super().__init__(f"closed for {seconds} s")
        self.seconds = seconds
        self.broken = broken


def knock(door: str, who: str, most: int, seconds: int) -> None:
    """Counts one knock. Raises Closed after `most` of them within the window of `seconds`."""
    window, gone = divmod(int(time.time()), seconds)
    key = f"throttle:{door}:{who}:{window}"
    try:
        fresh = cache.add(key, 1, timeout=seconds)
        count = 1 if fresh else cache.incr(key)
    except ValueError:  # the window's key ran out between the two calls
        return
    except StoreError as error:
        log.warning("throttle: the counter does not answer (%s)", type(error).__name__)
        raise Closed(30, broken=True) from error
    if count > most:
        raise Closed(seconds - gone)


def limited(
    door: str, most: int, seconds: int, refuse: Callable[[HttpRequest, Closed], HttpResponseBase]
) -> Callable[
    [Callable[Concatenate[Request, P], HttpResponseBase]], Callable[Concatenate[Request, P], HttpResponseBase]
]:
    """A view that each network address may call `most` times in `seconds`; `refuse` draws the refusal."""

    def guard(
        view: Callable[Concatenate[Request, P], HttpResponseBase],
    ) -> Callable[Concatenate[Request, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                knock(door, address_of(request), most, seconds)
            except Closed as closed:
                return refuse(request, closed)
            return view(request, *args, **kwargs)

        return guarded

    return guard

"""One reader in a process of its own: reads a list of the sandbox to its end and prints how many rows in how long.

The clock starts when a reader is ready to ask for its first page: imports and set-up do not count.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

from zoho.bigin import Bigin
from zoho.books import Books
from zoho.client import Client
from zoho.datacentres import Product, data_centres

SANDBOX = os.environ["SANDBOX_URL"]
ACCESS, REFRESH = os.environ["BENCH_ACCESS_TOKEN"], os.environ["BENCH_REFRESH_TOKEN"]
ORGANIZATION = os.environ["BENCH_ORGANIZATION"]
FIELDS = ("Last_Name", "First_Name", "Email", "Phone", "Account_Name", "Modified_Time")


def ours(product: Product) -> Client:
    base = data_centres(SANDBOX).by_name("sandbox").api_base(product)
    return Client(product, base, lambda force: ACCESS, organization_id=ORGANIZATION if product == "books" else None)


def ours_bigin() -> Iterator[int]:
    bigin, token = Bigin(ours("bigin")), None
    yield 0
    while True:
        page = bigin.page("Contacts", FIELDS, page_token=token, sort_by="id")
        yield len(page.rows)
        if not page.more:
            return
        token = page.next_token


def ours_books() -> Iterator[int]:
    books, number = Books(ours("books")), 1
    yield 0
    while True:
        page = books.contacts_page(page=number)
        yield len(page.rows)
        if not page.more:
            return
        number += 1


def zoho_crm_sdk() -> Iterator[int]:
    """Its one adaptation is a rewrite of paths: the SDK is made for Bigin's elder sister."""
    from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken  # noqa: PLC0415 - half a second of imports
    from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore  # noqa: PLC0415
    from zohocrmsdk.src.com.zoho.crm.api.dc import DataCenter  # noqa: PLC0415
    from zohocrmsdk.src.com.zoho.crm.api.header_map import HeaderMap  # noqa: PLC0415
    from zohocrmsdk.src.com.zoho.crm.api.initializer import Initializer  # noqa: PLC0415
    from zohocrmsdk.src.com.zoho.crm.api.parameter_map import ParameterMap  # noqa: PLC0415
    from zohocrmsdk.src.com.zoho.crm.api.record import GetRecordsParam, RecordOperations  # noqa: PLC0415
    from zohocrmsdk.src.com.zoho.crm.api.sdk_config import SDKConfig  # noqa: PLC0415
    from zohocrmsdk.src.com.zoho.crm.api.util.common_api_handler import CommonAPIHandler  # noqa: PLC0415

    plain = CommonAPIHandler.set_api_path
    CommonAPIHandler.set_api_path = lambda handler, path: plain(handler, path.replace("/crm/v8", "/bigin/v2"))
    with tempfile.TemporaryDirectory() as folder:
        Initializer.initialize(
            environment=DataCenter.Environment(SANDBOX, f"{SANDBOX}/oauth/v2/token", SANDBOX),
            token=OAuthToken(
                client_id=os.environ["ZOHO_CLIENT_ID"],
                client_secret=os.environ["ZOHO_CLIENT_SECRET"],
                refresh_token=REFRESH,
            ),
            store=FileStore(f"{folder}/tokens.csv"),
            sdk_config=SDKConfig(auto_refresh_fields=True, pick_list_validation=False),
            resource_path=folder,
        )
        token = None
        yield 0
        while True:
            asked = ParameterMap()
            asked.add(GetRecordsParam.fields, ",".join(FIELDS))
            asked.add(GetRecordsParam.per_page, 200)
            if token is not None:
                asked.add(GetRecordsParam.page_token, token)
            page = RecordOperations("Contacts").get_records(asked, HeaderMap()).get_object()
            yield len(page.get_data())
            token = page.get_info().get_next_page_token()
            if token is None:
                return


def zohopy() -> Iterator[int]:
    from zohopy import DataCenter, SyncZohoClient, ZohoConfig, config  # noqa: PLC0415
    from zohopy.products.books import ZohoBooks  # noqa: PLC0415

    config._API_URLS[DataCenter.US] = config._ACCOUNTS_URLS[DataCenter.US] = SANDBOX
    told = ZohoConfig(
        client_id=os.environ["ZOHO_CLIENT_ID"],
        client_secret=os.environ["ZOHO_CLIENT_SECRET"],
        refresh_token=REFRESH,
        organization_id=ORGANIZATION,
        data_center=DataCenter.US,
    )
    with SyncZohoClient(told) as client:
        books, number = ZohoBooks(client), 1
        yield 0
        while True:
            answer = books.contacts.list(page=number, per_page=200)
            yield len(answer["contacts"])
            if not answer["page_context"]["has_more_page"]:
                return
            number += 1


READERS: dict[str, Callable[[], Iterator[int]]] = {
    "ours-bigin": ours_bigin,
    "ours-books": ours_books,
    "zoho-crm-sdk": zoho_crm_sdk,
    "zohopy": zohopy,
}

if __name__ == "__main__":
    pages = READERS[sys.argv[1]]()
    next(pages)  # set up
    began = time.perf_counter()
    print(json.dumps({"rows": sum(pages), "seconds": time.perf_counter() - began}))

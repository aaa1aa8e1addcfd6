"""The table of hosts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from zoho.datacentres import UnknownDataCentre, data_centres, origin

HOSTS = {
    "us": ("https://accounts.zoho.com", "https://www.zohoapis.com", "https://bigin.zoho.com"),
    "eu": ("https://accounts.zoho.eu", "https://www.zohoapis.eu", "https://bigin.zoho.eu"),
    "in": ("https://accounts.zoho.in", "https://www.zohoapis.in", "https://bigin.zoho.in"),
    "au": ("https://accounts.zoho.com.au", "https://www.zohoapis.com.au", "https://bigin.zoho.com.au"),
    "cn": ("https://accounts.zoho.com.cn", "https://www.zohoapis.com.cn", "https://bigin.zoho.com.cn"),
    "jp": ("https://accounts.zoho.jp", "https://www.zohoapis.jp", "https://bigin.zoho.jp"),
    "sa": ("https://accounts.zoho.sa", "https://www.zohoapis.sa", "https://bigin.zoho.sa"),
    "ca": ("https://accounts.zohocloud.ca", "https://www.zohoapis.ca", "https://bigin.zohocloud.ca"),
}


def test_the_eight_of_zoho_and_no_more() -> None:
    assert {dc.name: (dc.accounts_url, dc.api_url, *dc.bigin_hosts) for dc in data_centres()} == HOSTS


def test_the_readme_names_them_all() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    told = re.search(r"`ZOHO_DATA_CENTRE` \|[^(]*\(([^)]*)\)", readme)
    assert told is not None
    assert re.findall(r"`(\w+)`", told[1]) == list(HOSTS)


@pytest.mark.parametrize("name", HOSTS)
def test_every_way_to_find_one(name: str) -> None:
    table = data_centres()
    dc = table.by_name(name)
    assert table.by_location(name.upper()) is dc
    assert table.by_accounts_server(dc.accounts_url + "/") is dc
    assert table.by_accounts_server(dc.accounts_url.upper()) is dc
    assert table.by_accounts_server(dc.accounts_url + ":443") is dc


def test_product_addresses() -> None:
    dc = data_centres().by_name("ca")
    assert dc.api_base("bigin") == "https://www.zohoapis.ca/bigin/v2"
    assert dc.api_base("books") == "https://www.zohoapis.ca/books/v3"
    assert dc.api_base("invoice") == "https://www.zohoapis.ca/invoice/v3"
    assert (dc.books_url, dc.invoice_url) == ("https://books.zohocloud.ca", "https://invoice.zohocloud.ca")


@pytest.mark.parametrize("url", [
    "https://accounts.zoho.com.evil.example", "http://accounts.zoho.com", "https://accounts.zoho.com@evil.example",
    "https://evil.example/https://accounts.zoho.com", "https://accounts.zoho.com/evil", "https://accounts.zoho.com?x",
    "https://accounts.zoho.com:8443", "//accounts.zoho.com", "accounts.zoho.com", "javascript:alert(1)", "", "https://",
    "https://accounts.zoho.ca", "https://[accounts.zoho.com", "https://accounts.zoho.com:x", "https://user@accounts.zoho.com",
])  # fmt: skip
def test_a_foreign_accounts_server_is_refused(url: str) -> None:
    with pytest.raises(UnknownDataCentre):
        data_centres().by_accounts_server(url)


def test_an_api_domain_is_not_an_accounts_server() -> None:
    with pytest.raises(UnknownDataCentre):
        data_centres().by_accounts_server("https://www.zohoapis.com")
    with pytest.raises(UnknownDataCentre):
        data_centres().by_name("uk")


def test_the_sandbox_is_one_more_only_where_it_is_set() -> None:
    table = data_centres("http://127.0.0.1:9000/")
    dc = table.by_name("sandbox")
    assert table.by_accounts_server("http://127.0.0.1:9000") is dc
    assert dc.api_url == "http://127.0.0.1:9000"
    assert dc.bigin_hosts == ("http://127.0.0.1:9000",)
    assert dc.api_base("bigin") == "http://127.0.0.1:9000/bigin/v2"
    with pytest.raises(UnknownDataCentre):
        data_centres(None).by_name("sandbox")


def test_an_address_with_six_colons() -> None:
    assert origin("http://[::1]:9000/") == "http://[::1]:9000"

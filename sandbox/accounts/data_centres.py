"""Zoho's data centres (bigin-api.md 1.1). Canada's two hosts follow no rule."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataCentre:
    accounts: str
    api: str


DATA_CENTRES = {
    "us": DataCentre("https://accounts.zoho.com", "https://www.zohoapis.com"),
    "eu": DataCentre("https://accounts.zoho.eu", "https://www.zohoapis.eu"),
    "in": DataCentre("https://accounts.zoho.in", "https://www.zohoapis.in"),
    "au": DataCentre("https://accounts.zoho.com.au", "https://www.zohoapis.com.au"),
    "cn": DataCentre("https://accounts.zoho.com.cn", "https://www.zohoapis.com.cn"),
    "jp": DataCentre("https://accounts.zoho.jp", "https://www.zohoapis.jp"),
    "sa": DataCentre("https://accounts.zoho.sa", "https://www.zohoapis.sa"),
    "ca": DataCentre("https://accounts.zohocloud.ca", "https://www.zohoapis.ca"),
}


def location_of(name: str) -> str:
    """What a callback calls the data centre: people of the sandbox itself look like US users."""
    return "us" if name == "sandbox" else name


def hosts_of(name: str, base_url: str) -> DataCentre:
    return DATA_CENTRES.get(name) or DataCentre(base_url, base_url)

"""Real clients of a running sandbox, signed in as its first administrator."""

from __future__ import annotations

from sandbox.testing import Sandbox
from zoho.auth import OAuthClient
from zoho.bigin import Bigin
from zoho.books import Books
from zoho.client import Client, Timeouts
from zoho.datacentres import DataCentre, Product, data_centres
from zoho.retry import Retry

REDIRECT_URI = "http://localhost:8000/oauth/callback/"
# The test run's own wish for the product ("off") is nothing that the sandbox knows.
PLAIN = {"ZOHO_BOOKS_PER_MINUTE": ""}
SHORT = Timeouts(connect=2, read=20, total=40)


def centre(sandbox: Sandbox) -> DataCentre:
    return data_centres(sandbox.url).by_name("sandbox")


def oauth_client(sandbox: Sandbox) -> OAuthClient:
    return OAuthClient(sandbox.client_id, sandbox.client_secret, REDIRECT_URI)


def client(sandbox: Sandbox, product: Product, token: str, organization: str | None = None) -> Client:
    return Client(
        product,
        centre(sandbox).api_base(product),
        lambda force: token,
        organization_id=organization,
        timeouts=SHORT,
        retry=Retry(attempts=2, first=0.01),
    )


def bigin(sandbox: Sandbox) -> Bigin:
    return Bigin(client(sandbox, "bigin", sandbox.token()["access_token"]))


def books(sandbox: Sandbox, product: Product = "books") -> Books:
    """Of the first organisation that the user may open."""
    found = Books(client(sandbox, product, sandbox.token()["access_token"]))
    found.client.organization_id = found.organizations()[0]["organization_id"]
    return found

"""A scripted server, clients of it that never really sleep, and a Redis of the test run's own."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.zoho.scripted import Scripted, running
from zoho.client import Client, Timeouts


@pytest.fixture
def server() -> Iterator[Scripted]:
    with running() as scripted:
        yield scripted


@dataclass
class Sleeper:
    """Stands in for time: what was slept is added up and nothing waits."""

    naps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@dataclass
class Tokens:
    """Gives old, then new-1, new-2 … each time a fresh one is wanted."""

    asked: list[bool] = field(default_factory=list)

    def __call__(self, force: bool) -> str:
        self.asked.append(force)
        fresh = sum(self.asked)
        return f"new-{fresh}" if fresh else "old"


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


MakeClient = Callable[..., Client]


@pytest.fixture
def make_client(server: Scripted, sleeper: Sleeper, tokens: Tokens) -> Iterator[MakeClient]:
    opened: list[Client] = []

    def make(product: str = "books", **changes: object) -> Client:
        settings: dict[str, object] = {
            "base_url": server.url,
            "token": tokens,
            "sleep": sleeper.sleep,
            "chance": lambda: 0.0,
            "timeouts": Timeouts(connect=2, read=5, total=20),
            "organization_id": None if product == "bigin" else "700",
            **changes,
        }
        client = Client(product=product, **settings)  # type: ignore[arg-type]
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def store(redis_url: str) -> Iterator[redis.Redis]:
    """Emptied before each test: the keys of one test are no business of the next."""
    with redis.Redis.from_url(redis_url) as connection:
        connection.flushdb()
        yield connection


@pytest.fixture
def foreign_certificate(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate that nobody signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = tmp_path / "server.pem"
    file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context

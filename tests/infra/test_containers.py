"""Dockerfile and docker-compose.yml, read as data: what they name exists, and what settings want is given.

No container is started here: what a machine without Docker can check is that nothing in them points into the void.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from bigin_books.celery import app

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PRODUCT = {name: service for name, service in SERVICES.items() if service.get("image") == "bigin-books"}
# From the Compose specification: a misspelt key is otherwise ignored without a word.
KNOWN_KEYS = set(
    """build cap_drop command depends_on environment healthcheck image init networks ports profiles read_only restart
    secrets security_opt stop_grace_period tmpfs volumes""".split()
)


def told(service: dict[str, Any]) -> dict[str, str]:
    """The service's environment as Compose would give it, with an example for what the operator fills in."""
    examples = {"BASE_URL": "https://books.example.com", "ZOHO_CLIENT_ID": "1000.EXAMPLE"}

    def fill(found: re.Match[str]) -> str:
        name, default = found["name"], found["default"]
        return examples[name] if default is None else default

    pattern = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}")
    # A variable without a value is the operator's, who has set none here.
    given = {name: value for name, value in service["environment"].items() if value is not None}
    return {name: pattern.sub(fill, str(value)) for name, value in given.items()}


@pytest.mark.parametrize("name", SERVICES)
def test_every_key_is_known_and_every_name_declared(name: str) -> None:
    service = SERVICES[name]
    assert set(service) - KNOWN_KEYS == set()
    assert set(service.get("secrets", [])) - set(COMPOSE["secrets"]) == set()
    assert set(service.get("networks", [])) - set(COMPOSE["networks"]) == set()
    assert {volume.split(":")[0] for volume in service.get("volumes", [])} - set(COMPOSE["volumes"]) == set()
    for variable, value in service.get("environment", {}).items():
        if variable.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in service["secrets"]


@pytest.mark.parametrize("name", SERVICES)
def test_whoever_is_waited_for_can_say_that_it_is_ready(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "test" in SERVICES[other]["healthcheck"]
        else:
            assert (how["condition"], SERVICES[other]["restart"]) == ("service_completed_successfully", "no")


def test_every_setting_is_told_in_the_readme_and_reaches_the_containers() -> None:
    source = (ROOT / "bigin_books" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    told_of = set(re.findall(r"`([A-Z_]+)`", (ROOT / "README.md").read_text()))
    assert len(read) > 25
    assert read - told_of == set()
    for service in PRODUCT.values():
        given = {name.removesuffix("_FILE") for name in service["environment"]}
        assert read - given == {"DEBUG", "PLAIN_STATIC", "STATIC_ROOT", "EMAIL_BACKEND", "EMAIL_FILE_PATH"}
        assert given - read == set()


def test_all_parts_of_the_product_are_there() -> None:
    assert set(PRODUCT) == {"migrate", "web", "worker-sync", "worker-interactive", "beat"}
    assert SERVICES["sandbox"]["profiles"] == ["sandbox"]
    assert [name for name in SERVICES if "profiles" in SERVICES[name]] == ["sandbox"]
    assert [name for name in SERVICES if name != "migrate" and "healthcheck" not in SERVICES[name]] == []


def test_nothing_but_web_and_sandbox_is_reachable_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"web", "sandbox"}
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_every_queue_has_a_worker() -> None:
    queues = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {app.conf.task_default_queue}
    commands = [service["command"] for service in PRODUCT.values() if "-Q" in service.get("command", [])]
    served = {command[command.index("-Q") + 1] for command in commands}
    assert served == queues == {"sync", "interactive"}


def test_images_are_built_from_stages_that_exist_and_do_not_run_as_root() -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.M)
    built = {service["build"]["target"] for service in SERVICES.values() if "build" in service}
    assert built == {"product", "sandbox"}
    assert built <= set(stages)
    assert re.search(r"^FROM runtime AS sandbox$", DOCKERFILE, re.M)
    assert re.search(r"^FROM runtime AS product$", DOCKERFILE, re.M)
    assert "USER app" in DOCKERFILE.partition("AS runtime")[2].partition("FROM")[0]


def test_what_is_copied_exists_and_every_package_of_the_product_is_copied() -> None:
    copied = [source for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M) for source in line.split()[:-1]]
    assert [source for source in copied if not (ROOT / source).exists()] == []
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    let_through = {line[1:] for line in ignore if line.startswith("!")}
    assert [s for s in copied if s not in let_through and "requirements" not in s] == []
    packages = {app.partition(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()}
    assert packages | {"bigin_books", "zoho", "templates", "static"} <= set(copied)


def test_settings_load_with_what_compose_gives(tmp_path: Path) -> None:
    """The settings refuse a missing or contradictory variable: so they are read as `web` would, from secret files."""
    given = told(SERVICES["web"])
    examples = {"database_url": "postgresql://a:b@postgres:5432/bigin_books", "redis_url": "redis://:a@redis:6379/0"}
    for name in SERVICES["web"]["secrets"]:
        (tmp_path / name).write_text(examples.get(name, f"example-of-{name}") + "\n")
    environment = {name: value.replace("/run/secrets", str(tmp_path)) for name, value in given.items()}
    asked = "from django.conf import settings as s; print(s.DATABASES['default']['HOST'], s.REDIS_URL, s.ALLOWED_HOSTS)"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "bigin_books.settings", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "postgres redis://:a@redis:6379/0 ['books.example.com']"


@pytest.mark.django_db(transaction=True)
def test_the_health_check_of_web_asks_as_the_proxy_would(live_server: LiveServer) -> None:
    # The first request of a process imports every view: a container has its retries for that, a test has none.
    program: str = SERVICES["web"]["healthcheck"]["test"][3].replace("timeout=4", "timeout=60")
    assert "timeout=60" in program
    here = urlsplit(live_server.url)
    for path, code in (("/healthz", 0), ("/nowhere", 1)):
        done = subprocess.run(
            [sys.executable, "-c", program.replace("8000", str(here.port)).replace("/healthz", path)],
            env={"PATH": os.environ["PATH"], "BASE_URL": f"https://{here.hostname}"},
            check=False,
        )
        assert done.returncode == code


def test_the_image_collects_its_static_files_with_the_values_it_is_built_with(tmp_path: Path) -> None:
    found = re.search(r"^RUN ((?:[A-Z_]+=\S+ )+)", DOCKERFILE, re.M)
    assert found is not None
    given = dict(pair.split("=", 1) for pair in found[1].split())
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "STATIC_ROOT": str(tmp_path), **given},
        check=True,
    )
    assert (tmp_path / "staticfiles.json").exists()
    assert list((tmp_path / "django_htmx").rglob("htmx*.js"))

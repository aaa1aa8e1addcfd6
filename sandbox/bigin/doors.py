"""Control doors for what only Bigin's own pages can do: merge, restore, purge, users, custom fields."""

from __future__ import annotations

from typing import Any

from sandbox.accounts.model import Person
from sandbox.bigin.changes import Author, merge_rows, purge, restore_row
from sandbox.bigin.credits import used
from sandbox.bigin.errors import RecordError
from sandbox.bigin.fields import MODULES, Field
from sandbox.bigin.org import BiginOrg, BiginUser
from sandbox.bigin.store import Row
from sandbox.core import Reply, Request, Route

USER_KEYS = {"profile": str, "status": str, "sees_all": bool, "time_zone": str, "denied": list}
FIELD_TYPES = ("text", "textarea", "picklist", "currency", "boolean", "date", "datetime", "integer", "email", "phone")


def _data(request: Request, *names: str) -> dict[str, Any]:
    data = request.json() if request.body else {}
    if not isinstance(data, dict) or not all(name in data for name in names):
        raise ValueError(f"a JSON object with {', '.join(names)} is expected")
    return data


def _org(request: Request, data: dict[str, Any]) -> BiginOrg:
    """`org` in the body, else the first one."""
    orgs: dict[str, BiginOrg] = request.world.bigin
    org = orgs.get(str(data["org"])) if "org" in data else next(iter(orgs.values()))
    if org is None:
        raise ValueError("no such Bigin org")
    return org


def _module(data: dict[str, Any]) -> str:
    if str(data["module"]) not in MODULES:
        raise ValueError(f"module is one of {', '.join(MODULES)}")
    return str(data["module"])


def _row(org: BiginOrg, module: str, row_id: Any) -> Row:
    row = org.row(module, str(row_id))
    if row is None:
        raise ValueError(f"{module} has no record {row_id}")
    return row


def _author(request: Request, org: BiginOrg) -> Author:
    """The organisation's first user does it."""
    return Author(request.world, org, next(iter(org.users.values())))


def merge(request: Request) -> Reply:
    """`{"module", "survivor", "loser"}`."""
    data = _data(request, "module", "survivor", "loser")
    org, module = _org(request, data), _module(data)
    survivor, loser = _row(org, module, data["survivor"]), _row(org, module, data["loser"])
    if survivor.id == loser.id:
        raise ValueError("a record cannot be merged with itself")
    merge_rows(_author(request, org), module, survivor, loser)
    return Reply(204)


def _from_bin(request: Request, act: Any) -> Reply:
    data = _data(request, "module", "id")
    org = _org(request, data)
    try:
        act(_author(request, org), _module(data), str(data["id"]))
    except RecordError as error:
        raise ValueError(f"{error.code}: {error.message}") from None
    return Reply(204)


def restore(request: Request) -> Reply:
    """`{"module", "id"}`."""
    return _from_bin(request, restore_row)


def purge_record(request: Request) -> Reply:
    """`{"module", "id"}`: out of the recycle bin for good."""
    return _from_bin(request, purge)


def change_user(request: Request) -> Reply:
    """`{"user": zuid or e-mail, …}`: profile, status, sees_all, time_zone, denied, data_centre, or `join`: an org."""
    data = _data(request, "user")
    person = request.world.accounts.find_person(str(data["user"]))
    if person is None:
        raise ValueError("no such person")
    if isinstance(data.get("data_centre"), str):
        person.data_centre = data["data_centre"]
    if "join" in data:
        _join(request, person, str(data["join"]))
    for org_id in person.bigin_orgs:
        user: BiginUser = request.world.bigin[org_id].user_of(person.zuid)
        for name, kind in USER_KEYS.items():
            if name in data and not isinstance(data[name], kind):
                raise ValueError(f"{name} is a {kind.__name__}")
            setattr(user, name, data.get(name, getattr(user, name)))
    return Reply(204)


def _join(request: Request, person: Person, org_id: str) -> None:
    org = request.world.bigin.get(org_id)
    if org is None or org_id in person.bigin_orgs:
        raise ValueError("join names another Bigin org")
    user_id = request.world.ids.next(org.prefix)
    user = BiginUser(user_id, person.zuid, person.email, person.first_name, person.last_name, created=org.created)
    org.users[user_id] = user
    person.bigin_orgs.append(org_id)


def add_field(request: Request) -> Reply:
    """`{"module", "api_name", "data_type", "length", "unique", "mandatory", "choices"}`: a custom field; with
    `choices` alone, what a custom picklist offers from now on."""
    data = _data(request, "module", "api_name")
    if set(data) - {"org"} == {"module", "api_name", "choices"}:
        held = _org(request, data).fields[_module(data)].get(str(data["api_name"]))
        if held is None or not held.custom or held.data_type != "picklist":
            raise ValueError(f"{data['module']} has no custom picklist {data['api_name']}")
        held.choices = [str(one) for one in data["choices"]]
        return Reply(200)
    kind = data.get("data_type", "text")
    if kind not in FIELD_TYPES:
        raise ValueError(f"data_type is one of {', '.join(FIELD_TYPES)}")
    name = str(data["api_name"])
    made = Field(name, name.replace("_", " "), kind, custom=True)
    made.length = int(data.get("length", made.length))
    made.unique, made.mandatory = data.get("unique") is True, data.get("mandatory") is True
    made.choices = [str(one) for one in data.get("choices", [])]
    _org(request, data).add_custom_field(_module(data), made)
    return Reply(201)


def workflows(request: Request) -> Reply:
    """What would have started workflows: `{"runs": [{"module", "operation", "id"}]}`."""
    return Reply(body={"runs": _org(request, dict(request.query)).workflow_runs})


def credit_use(request: Request) -> Reply:
    """API credits of the last 24 hours."""
    return Reply(body={"used": used(_org(request, dict(request.query)))})


DOORS = [
    Route("POST", "/bigin/merge", merge),
    Route("POST", "/bigin/restore", restore),
    Route("POST", "/bigin/purge", purge_record),
    Route("POST", "/bigin/user", change_user),
    Route("POST", "/bigin/field", add_field),
    Route("GET", "/bigin/workflows", workflows),
    Route("GET", "/bigin/credits", credit_use),
]

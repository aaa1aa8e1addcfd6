"""Users, profiles, roles and the organisation (bigin-api.md 4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.bigin.credits import spend
from sandbox.bigin.errors import invalid_data, invalid_param
from sandbox.bigin.org import ADMINISTRATOR, BiginOrg, BiginUser
from sandbox.bigin.paging import numbered
from sandbox.bigin.reads import nothing
from sandbox.bigin.shape import time_text, zone
from sandbox.core import Reply, Request

TYPES: dict[str, Callable[[BiginUser], bool]] = {
    "AllUsers": lambda user: user.status != "deleted",
    "ActiveUsers": lambda user: user.status == "active",
    "DeactiveUsers": lambda user: user.status == "disabled",
    "ConfirmedUsers": lambda user: user.status != "deleted",
    "NotConfirmedUsers": lambda user: False,
    "DeletedUsers": lambda user: user.status == "deleted",
    "ActiveConfirmedUsers": lambda user: user.status == "active",
    "AdminUsers": lambda user: user.profile == ADMINISTRATOR and user.status != "deleted",
    "ActiveConfirmedAdmins": lambda user: user.profile == ADMINISTRATOR and user.status == "active",
}
_EMPTY = (
    "alias", "signature", "dob", "phone", "mobile", "fax", "website", "street", "city", "state", "zip",
    "$current_shift", "$next_shift", "$shift_effective_from", "status_reason__s", "created_by",
)  # fmt: skip


def list_users(request: Request) -> Reply:
    org: BiginOrg = request.org
    kind = request.query.get("type", "AllUsers")
    spend(request, 1)
    if kind == "CurrentUser":
        found = [request.user]
    elif kind in TYPES:
        found = [user for user in org.users.values() if TYPES[kind](user)]
    else:
        raise invalid_param("type")
    window = numbered(request)
    part = found[window.start : window.start + window.per_page]
    if not part:
        return nothing()
    more = window.start + window.per_page < len(found)
    info = {"per_page": window.per_page, "count": len(part), "page": window.page, "more_records": more}
    return Reply(body={"users": [user_object(org, one, request.user) for one in part], "info": info})


def get_user(request: Request) -> Reply:
    spend(request, 1)
    user = request.org.users.get(request.params["user_id"])
    if user is None:
        raise invalid_data({"resource_path_index": 1}, "the id given seems to be invalid")
    return Reply(body={"users": [user_object(request.org, user, request.user)]})


def user_object(org: BiginOrg, user: BiginUser, asking: BiginUser) -> dict[str, Any]:
    offset = datetime.fromtimestamp(user.created, zone(user.time_zone)).utcoffset()
    return {
        **dict.fromkeys(_EMPTY),
        "id": user.id,
        "full_name": user.name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "zuid": user.zuid,
        "status": user.status,
        "category": "regular_user",
        "confirm": True,
        "profile": {"name": user.profile, "id": org.profile_ids.get(user.profile)},
        "role": {"name": user.role, "id": org.meta_id(f"role {user.role}")},
        "Modified_By": {"name": user.name, "id": user.id},
        "Modified_Time": time_text(user.created, asking.time_zone),
        "created_time": time_text(user.created, asking.time_zone),
        "language": user.locale,
        "locale": user.locale,
        "country_locale": user.locale,
        "country": org.profile.country_code,
        "time_zone": user.time_zone,
        "offset": int(offset.total_seconds() * 1000) if offset else 0,
        "time_format": "HH:mm",
        "date_format": "dd/MM/yyyy",
        "name_format": "Salutation,First Name,Last Name",
        "sort_order_preference": "First Name,Last Name",
        "decimal_separator": "Period",
        "number_separator": "Comma",
        "default_tab_group": "0",
        "theme": {"normal_tab": {"font_color": "#FFFFFF", "background": "#222222"}, "type": "default"},
        "customize_info": {"notes_desc": None, "bc_view": None, "show_home": False},
        "personal_account": False,
        "microsoft": False,
        "sandboxDeveloper": False,
        "Isonline": False,
        "Preferred_Currency__s": None,
    }


def list_profiles(request: Request) -> Reply:
    spend(request, 1)
    org: BiginOrg = request.org
    profiles = [
        {"name": name, "display_label": name, "id": profile_id, "custom": False, "category": False, "description": None}
        for name, profile_id in org.profile_ids.items()
    ]
    return Reply(body={"profiles": profiles})


def list_roles(request: Request) -> Reply:
    spend(request, 1)
    org: BiginOrg = request.org
    names = sorted({user.role for user in org.users.values()})
    roles = [
        {"name": name, "display_label": name, "id": org.meta_id(f"role {name}"), "reporting_to": None} for name in names
    ]
    return Reply(body={"roles": roles})


def get_org(request: Request) -> Reply:
    spend(request, 1)
    org: BiginOrg = request.org
    profile = org.profile
    owner = next(iter(org.users.values()))
    blank = ("street", "city", "state", "zip", "phone", "mobile", "fax", "website", "description", "photo_id")
    shown = {
        **dict.fromkeys(blank),
        "id": org.id,
        "company_name": profile.name,
        "alias": None,
        "zgid": org.zgid,
        "primary_zuid": owner.zuid,
        "primary_email": profile.email,
        "domain_name": f"org{org.zgid}",
        "country": profile.country,
        "country_code": profile.country_code,
        "time_zone": profile.time_zone,
        "currency": f"{profile.currency_name} - {profile.iso_code}",
        "currency_symbol": profile.currency_symbol,
        "currency_locale": owner.locale,
        "iso_code": profile.iso_code,
        "employee_count": str(len(org.users)),
        "zia_portal_id": None,
        "hierarchy_preferences": {"type": "Role_Hierarchy"},
        "mc_status": False,
        "gapps_enabled": False,
        "lite_users_enabled": False,
        "translation_enabled": False,
        "privacy_settings": False,
        "hipaa_compliance_enabled": False,
        "deletable_org_account": False,
        "license_details": {
            "paid": profile.paid,
            "paid_type": profile.plan if profile.paid else "free",
            "paid_expiry": None,
            "trial_type": None,
            "trial_expiry": None,
            "users_license_purchased": len(org.users),
            "portal_users_license_purchased": 0,
        },
    }
    return Reply(body={"org": [shown]})

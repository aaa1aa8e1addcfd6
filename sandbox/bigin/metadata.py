"""Modules, fields, layouts, list views and related lists (bigin-api.md 3 and 4); the last three are CRM's shapes."""

from __future__ import annotations

from typing import Any

from sandbox.bigin.credits import spend
from sandbox.bigin.errors import BiginError, invalid_data, invalid_module, required_param
from sandbox.bigin.fields import ASSOCIATED_PRODUCTS, MODULES, Field
from sandbox.bigin.org import ADMINISTRATOR, BiginOrg, CustomView, TeamPipeline
from sandbox.bigin.shape import person, time_text
from sandbox.core import Reply, Request

VISIBLE = ("Contacts", "Accounts", "Pipelines", "Tasks", "Events", "Calls", "Products")


def asked_module(request: Request) -> str:
    name = request.query.get("module")
    if not name:
        raise required_param("module")
    if name not in MODULES:
        raise invalid_module(in_param=True)
    return name


def list_modules(request: Request) -> Reply:
    spend(request, 1)
    shown = [module_object(request, name) for name in MODULES]
    return Reply(body={"modules": [*shown, _special(request, "Social"), _special(request, "Associated_Products")]})


def get_module(request: Request) -> Reply:
    spend(request, 1)
    if request.params["name"] not in MODULES:
        raise BiginError(400, "INVALID_MODULE", "the module name given seems to be invalid", {"resource_path_index": 2})
    return Reply(body={"modules": [module_object(request, request.params["name"])]})


def module_object(request: Request, name: str) -> dict[str, Any]:
    module, org = MODULES[name], request.org
    visible = name in VISIBLE
    profiles = [{"name": one, "id": profile_id} for one, profile_id in org.profile_ids.items()]
    return {
        "id": org.meta_id(name),
        "api_name": name,
        "module_name": name,
        "singular_label": module.singular,
        "plural_label": module.plural,
        "actual_singular_label": module.singular,
        "actual_plural_label": module.plural,
        "api_supported": True,
        "visible": visible,
        "visibility": 1 if visible else 0,
        "viewable": True,
        "creatable": True,
        "editable": True,
        "deletable": True,
        "convertable": False,
        "quick_create": visible,
        "show_as_tab": visible,
        "sequence_number": list(MODULES).index(name) + 1,
        "generated_type": "default",
        "access_type": "org_based",
        "private_profile": None,
        "has_more_profiles": False,
        "profile_count": len(profiles),
        "profiles": profiles,
        "parent_module": {},
        "modified_time": None,
        "modified_by": None,
        "description": None,
        "web_link": None,
        "arguments": [],
        "business_card_field_limit": 5,
        "presence_sub_menu": visible,
        **dict.fromkeys(
            (
                "global_search_supported", "filter_supported", "feeds_required", "webform_supported",
                "triggers_supported", "emailTemplate_support",
            ),
            visible,
        ),
        **dict.fromkeys(
            (
                "scoring_supported", "email_parser_supported", "inventory_template_supported", "isBlueprintSupported",
                "public_fields_configured",
            ),
            False,
        ),
    }  # fmt: skip


def _special(request: Request, name: str) -> dict[str, Any]:
    """Modules that can be seen but not called."""
    subform = name == "Associated_Products"
    parent = {"api_name": "Pipelines", "id": request.org.meta_id("Pipelines")}
    return {
        **module_object(request, "Products"),
        "id": request.org.meta_id(name),
        "api_name": name,
        "module_name": "LinkingModule1" if subform else name,
        "singular_label": name.replace("_", " "),
        "plural_label": name.replace("_", " "),
        "api_supported": subform,
        "creatable": False,
        "generated_type": "subform" if subform else "default",
        "visibility": 2 if subform else 1,
        "parent_module": parent if subform else {},
    }


def list_fields(request: Request) -> Reply:
    lines = request.query.get("module") == ASSOCIATED_PRODUCTS.api_name
    module = ASSOCIATED_PRODUCTS.api_name if lines else asked_module(request)
    spend(request, 1)
    fields = ASSOCIATED_PRODUCTS.fields if lines else request.org.fields_of(module, request.world.switches).values()
    shown = [field_object(request, module, field) for field in fields]
    return Reply(body={"fields": shown})


def field_object(request: Request, module: str, field: Field) -> dict[str, Any]:
    org = request.org
    written = not field.read_only
    picks = choices(request, module, field)
    searchable = field.data_type not in ("textarea", "profileimage", "subform")
    permission = "read_write" if written else "read_only"
    off = (
        "virtual_field", "separator", "enable_colour_code", "colour_code_enabled_by_system",
        "pick_list_values_sorted_lexically",
    )  # fmt: skip
    empty = (
        "tooltip", "crypt", "created_time", "modified_time", "global_picklist", "history_tracking", "external",
        "subform", "association_details", "display_format", "display_format_properties", "parent_field",
        "child_fields", "range", "address",
    )  # fmt: skip
    return {
        **dict.fromkeys(off, False),
        **dict.fromkeys(empty),
        "id": org.meta_id(f"{module}.{field.api_name}"),
        "api_name": field.api_name,
        "field_label": field.label,
        "display_label": field.label,
        "data_type": field.data_type,
        "json_type": field.json_type,
        "type": "used",
        "length": field.length,
        "decimal_place": 2 if field.data_type == "currency" else None,
        "system_mandatory": field.mandatory and not field.custom,  # a layout says what else is mandatory (CRM)
        "field_read_only": field.read_only or field.api_name == "Owner",
        "read_only": field.read_only,
        "custom_field": field.custom,
        "display_field": field.display,
        "visible": True,
        "filterable": searchable,
        "searchable": searchable,
        "sortable": searchable and field.api_name != "Tag",
        "mass_update": written and searchable,
        "webhook": field.api_name != "Full_Name",
        "businesscard_supported": searchable,
        "display_type": -1,
        "ui_type": 1,
        "created_source": "default",
        "pick_list_values": picks,
        "unique": {"casesensitive": "0"} if field.unique else {},
        "lookup": _lookup(request, field),
        "multiselectlookup": {},
        "multi_module_lookup": {},
        "formula": {},
        "auto_number": {},
        "currency": {"rounding_option": "normal", "precision": 2} if field.data_type == "currency" else {},
        "email_parser": {"fields_update_supported": written, "record_operations_supported": written},
        "view_type": {"view": True, "edit": written, "create": written, "quick_create": field.mandatory},
        "profiles": [
            {"permission_type": permission, "name": name, "id": profile_id}
            for name, profile_id in org.profile_ids.items()
        ],
        **({"textarea": {"type": "large"}} if field.data_type == "textarea" else {}),
    }


def _lookup(request: Request, field: Field) -> dict[str, Any]:
    if field.data_type != "lookup" or not field.lookup:
        return {}
    module = {"api_name": field.lookup, "id": request.org.meta_id(field.lookup), "crypt": False}
    lookup_id = request.org.meta_id(f"lookup {field.api_name} {field.lookup}")
    return {"api_name": field.api_name, "display_label": field.label, "id": lookup_id, "module": module}


def choices(request: Request, module: str, field: Field, layout: TeamPipeline | None = None) -> list[dict[str, Any]]:
    names = field.choices
    if module == "Pipelines" and field.api_name in ("Stage", "Sub_Pipeline"):
        subs = [sub for one in request.org.pipelines if layout in (None, one) for sub in one.subs]
        stages = [stage for sub in subs for stage in sub.stages]
        names = list(dict.fromkeys(stages if field.api_name == "Stage" else [sub.name for sub in subs]))
    return [
        {
            "id": request.org.meta_id(f"{module}.{field.api_name}={name}"),
            "display_value": name,
            "actual_value": name,
            "reference_value": name,
            "sequence_number": number,
            "type": "used",
            "colour_code": None,
        }
        for number, name in enumerate(names, start=1)
    ]


def list_layouts(request: Request) -> Reply:
    module = asked_module(request)
    spend(request, 1)
    return Reply(body={"layouts": _layouts(request, module)})


def get_layout(request: Request) -> Reply:
    module = asked_module(request)
    spend(request, 1)
    found = [one for one in _layouts(request, module) if one["id"] == request.params["layout_id"]]
    if not found:
        raise invalid_data({"resource_path_index": 2}, "the id given seems to be invalid")
    return Reply(body={"layouts": found})


def _layouts(request: Request, module: str) -> list[dict[str, Any]]:
    """Module Pipelines has one layout per team pipeline, every other module a single Standard one."""
    if module != "Pipelines":
        layout_id = request.org.meta_id(f"layout {module}")
        return [_layout(request, module, layout_id, "Standard", None)]
    return [_layout(request, module, one.id, one.name, one) for one in request.org.pipelines]


def _layout(request: Request, module: str, layout_id: str, name: str, pipeline: TeamPipeline | None) -> dict[str, Any]:
    org: BiginOrg = request.org
    section = {
        "name": f"{module} Information",
        "display_label": f"{module} Information",
        "api_name": f"{module}_Information",
        "id": org.meta_id(f"section {layout_id}"),
        "sequence_number": 1,
        "column_count": 2,
        "type": "used",
        "fields": _layout_fields(request, module, pipeline),
    }
    return {
        "id": layout_id,
        "name": name,
        "display_label": name,
        "status": "active",
        "visible": True,
        "generated_type": "default",
        "created_time": None,
        "created_by": None,
        "modified_time": None,
        "modified_by": None,
        "profiles": [
            {"name": one, "id": profile_id, "default": one == ADMINISTRATOR}
            for one, profile_id in org.profile_ids.items()
        ],
        "sections": [section],
    }


def _layout_fields(request: Request, module: str, pipeline: TeamPipeline | None) -> list[dict[str, Any]]:
    org: BiginOrg = request.org
    fields = org.fields_of(module, request.world.switches).values()
    if request.world.switches["bigin_layout_fields"] == "names":
        return [{"id": org.meta_id(f"{module}.{one.api_name}"), "api_name": one.api_name} for one in fields]
    return [
        {
            **field_object(request, module, field),
            "pick_list_values": choices(request, module, field, pipeline),
            "required": field.mandatory,
            "default_value": None,
            "sequence_number": number,
        }
        for number, field in enumerate(fields, start=1)
    ]


def list_views(request: Request) -> Reply:
    module = asked_module(request)
    spend(request, 1)
    views = [one for one in request.org.views if one.module == module]
    default = next((one.id for one in views if one.default), None)
    info = {
        "per_page": 200,
        "count": len(views),
        "page": 1,
        "more_records": False,
        "default": default,
        "translation": {
            "public_views": "Public Views",
            "other_users_views": "Other Users' Views",
            "shared_with_me": "Shared With Me",
            "created_by_me": "Created By Me",
        },
    }
    return Reply(body={"custom_views": [view_object(request, one) for one in views], "info": info})


def get_view(request: Request) -> Reply:
    spend(request, 1)
    view = request.org.view(request.params["view_id"])
    if view is None:
        raise invalid_data({"resource_path_index": 2}, "the id given seems to be invalid")
    return Reply(body={"custom_views": [view_object(request, view)]})


def view_object(request: Request, view: CustomView) -> dict[str, Any]:
    org: BiginOrg = request.org
    made = time_text(org.created, request.user.time_zone)
    ids = {one: org.meta_id(f"{view.module}.{one}") for one in org.fields[view.module]}
    criteria = _criteria_object(view.criteria, ids) if view.criteria else None
    if view.mine:
        owner = {"api_name": "Owner", "id": ids["Owner"]}
        criteria = {"comparator": "equal", "field": owner, "value": "${CURRENTUSER}"}
    if request.world.switches["bigin_view_criteria"] == "absent":
        criteria = None
    return {
        "id": view.id,
        "name": view.name,
        "display_value": view.name,
        "system_name": view.system_name or None,
        "system_defined": view.system_defined,
        "default": view.default,
        "category": "public_views",
        "favorite": None,
        "offline": True,
        "criteria": criteria,
        "shared_to": None,
        "sort_by": view.sort_by,
        "sort_order": view.sort_order,
        "fields": [{"api_name": one, "id": ids.get(one)} for one in view.fields],
        "created_by": person(org, view.created_by),
        "created_time": made,
        "modified_by": None,
        "modified_time": None,
        "last_accessed_time": None,
    }


_COMPARATORS = {"equals": "equal"}


def _criteria_object(criteria: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """CRM's view criteria say `equal` where search says `equals`."""
    if "group" in criteria:
        members = [_criteria_object(one, ids) for one in criteria["group"]]
        return {"group_operator": criteria["group_operator"].upper(), "group": members}
    name = criteria["field"]["api_name"]
    comparator = _COMPARATORS.get(criteria["comparator"], criteria["comparator"])
    return {"comparator": comparator, "field": {"api_name": name, "id": ids.get(name)}, "value": criteria["value"]}


def list_related_lists(request: Request) -> Reply:
    module = asked_module(request)
    spend(request, 1)
    shown = [
        {
            "id": request.org.meta_id(f"related {module} {name}"),
            "sequence_number": str(number),
            "display_label": MODULES[name].plural,
            "api_name": name,
            "name": name,
            "module": {"api_name": name, "id": request.org.meta_id(name)},
            "action": None,
            "href": f"{module}/{{ENTITYID}}/{name}",
            "type": "default",
            "connectedmodule": None,
            "linkingmodule": None,
            "status": "visible",
        }
        for number, name in enumerate(MODULES[module].related, start=1)
    ]
    if request.world.switches["bigin_related_list_body"] == "bare":
        shown = [{name: one[name] for name in ("id", "api_name", "display_label", "href")} for one in shown]
    return Reply(body={"related_lists": shown})


def list_tags(request: Request) -> Reply:
    asked_module(request)
    spend(request, 1)
    tags = [{"name": name, "id": tag_id, "color_code": None} for name, tag_id in request.org.tag_ids.items()]
    return Reply(body={"tags": tags, "info": {"count": len(tags), "allowed_count": 100}})

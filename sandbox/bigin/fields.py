"""Modules and their fields as Bigin describes them (bigin-api.md 3). Custom fields belong to an organisation."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.stored import stored

JSON_TYPES = {
    "ownerlookup": "jsonobject",
    "lookup": "jsonobject",
    "boolean": "boolean",
    "currency": "double",
    "double": "double",
    "integer": "integer",
    "bigint": "string",
    "subform": "jsonarray",
}


@stored
@dataclass(slots=True)
class Field:
    api_name: str
    label: str
    data_type: str = "text"
    length: int = 120
    mandatory: bool = False
    unique: bool = False
    read_only: bool = False
    custom: bool = False
    lookup: str = ""  # module it points at
    choices: list[str] = field(default_factory=list)
    default: bool | None = None
    display: bool = False  # the field that names the record
    system: bool = False  # kept on the row itself, never written by a client

    @property
    def json_type(self) -> str:
        return "jsonarray" if self.api_name == "Tag" else JSON_TYPES.get(self.data_type, "string")


@dataclass(frozen=True, slots=True)
class Module:
    api_name: str
    singular: str
    plural: str
    fields: tuple[Field, ...]
    name_field: str
    leftovers: tuple[str, ...] = ()  # keys of search answers that settings/fields does not know, all null
    related: tuple[str, ...] = ()


def _text(names: str, length: int = 120) -> list[Field]:
    return [Field(name, name.replace("_", " "), length=length) for name in names.split()]


def _system(owner_label: str) -> list[Field]:
    return [
        Field("Owner", f"{owner_label} Owner", "ownerlookup"),
        Field("Created_By", "Created By", "ownerlookup", read_only=True, system=True),
        Field("Modified_By", "Modified By", "ownerlookup", read_only=True, system=True),
        Field("Created_Time", "Created Time", "datetime", read_only=True, system=True),
        Field("Modified_Time", "Modified Time", "datetime", read_only=True, system=True),
        Field("Last_Activity_Time", "Last Activity Time", "datetime", read_only=True, system=True),
        Field("Tag", "Tag", length=2000),
        Field("Description", "Description", "textarea", 32000),
    ]


def _picture() -> Field:
    return Field("Record_Image", "Image", "profileimage", 255, read_only=True)


CONTACTS = Module(
    "Contacts",
    "Contact",
    "Contacts",
    (
        Field("First_Name", "First Name", length=40),
        Field("Last_Name", "Last Name", length=80, mandatory=True),
        Field("Full_Name", "Full Name", read_only=True, display=True, system=True),
        Field("Account_Name", "Company Name", "lookup", lookup="Accounts"),
        Field("Email", "Email", "email", 100, unique=True),
        Field("Title", "Title", length=100),
        Field("Phone", "Phone", "phone", 50),
        Field("Home_Phone", "Home Phone", "phone", 30),
        Field("Mobile", "Mobile", "phone", 30),
        Field("Mailing_Street", "Mailing Street", length=250),
        Field("Mailing_City", "Mailing City", length=100),
        Field("Mailing_State", "Mailing State", length=100),
        Field("Mailing_Zip", "Mailing Zip", length=30),
        Field("Mailing_Country", "Mailing Country", length=100),
        Field("Email_Opt_Out", "Email Opt Out", "boolean", 5, default=False),
        Field(
            "Unsubscribed_Mode",
            "Unsubscribed Mode",
            "picklist",
            read_only=True,
            choices=["Consent form", "Manual", "Unsubscribe link", "Zoho campaigns"],
        ),
        Field("Unsubscribed_Time", "Unsubscribed Time", "datetime", read_only=True),
        Field("Record_Creation_Source_ID__s", "Record Creation Source ID", "bigint", 19, read_only=True),
        _picture(),
        *_system("Contact"),
    ),
    name_field="Full_Name",
    leftovers=(
        "Department", "Assistant", "Asst_Phone", "Reporting_To", "Lead_Source", "Salutation", "Secondary_Email",
        "Other_Street", "Other_City", "Other_State", "Other_Zip", "Other_Country", "Other_Phone", "Fax", "Skype_ID",
        "Twitter", "Date_of_Birth",
    ),
    related=("Pipelines", "Products", "Notes"),
)  # fmt: skip

ACCOUNTS = Module(
    "Accounts",
    "Company",
    "Companies",
    (
        Field("Account_Name", "Company Name", length=200, mandatory=True, unique=True, display=True),
        Field("Phone", "Phone", "phone", 30),
        Field("Website", "Website", "website", 255),
        Field("Billing_Street", "Billing Street", length=250),
        Field("Billing_City", "Billing City", length=100),
        Field("Billing_State", "Billing State", length=100),
        Field("Billing_Code", "Billing Code", length=30),
        Field("Billing_Country", "Billing Country", length=100),
        _picture(),
        *_system("Company"),
    ),
    name_field="Account_Name",
    leftovers=(
        "Account_Type", "Account_Site", "Industry", "Annual_Revenue", "Employees", "Ownership", "Rating", "SIC_Code",
        "Ticker_Symbol", "Parent_Account", "Fax", "Shipping_Street", "Shipping_City", "Shipping_State",
        "Shipping_Code", "Shipping_Country",
    ),
    related=("Contacts", "Pipelines", "Notes"),
)  # fmt: skip

PRODUCTS = Module(
    "Products",
    "Product",
    "Products",
    (
        Field("Product_Name", "Product Name", length=200, mandatory=True, unique=True, display=True),
        Field("Product_Code", "Product Code", length=200),
        Field("Product_Category", "Product Category", "picklist", choices=["-None-"]),
        Field("Product_Active", "Product Active", "boolean", 5, default=True),
        Field("Unit_Price", "Unit Price", "currency", 16),
        _picture(),
        *_system("Product"),
    ),
    name_field="Product_Name",
    leftovers=(
        "Manufacturer", "Usage_Unit", "Commission_Rate", "Sales_Start_Date", "Sales_End_Date", "Support_Start_Date",
        "Support_Expiry_Date", "Handler",
    ),
    related=("Contacts", "Pipelines", "Notes"),
)  # fmt: skip

PIPELINES = Module(
    "Pipelines",
    "Pipeline",
    "Pipelines",
    (
        Field("Deal_Name", "Deal Name", length=120, mandatory=True, display=True),
        Field("Pipeline", "Team Pipeline", "bigint", 120),
        Field("Layout", "Layout", "bigint", 120),
        Field("Sub_Pipeline", "Sub-Pipeline", "picklist", mandatory=True),
        Field("Stage", "Stage", "picklist", mandatory=True),
        Field("Closing_Date", "Closing Date", "date", 20),
        Field("Amount", "Amount", "currency", 16),
        Field("Account_Name", "Company Name", "lookup", lookup="Accounts"),
        Field("Contact_Name", "Contact Name", "lookup", lookup="Contacts"),
        Field("Associated_Products", "Associated Products", "subform", lookup="Products"),
        *_system("Pipeline"),
    ),
    name_field="Deal_Name",
    related=("Products", "Notes"),
)

NOTES = Module(
    "Notes",
    "Note",
    "Notes",
    (
        Field("Note_Title", "Note Title", length=120, display=True),
        Field("Note_Content", "Note Content", "textarea", 32000, mandatory=True),
        Field("Parent_Id", "Parent ID", "lookup"),
        *_system("Note")[:-2],
    ),
    name_field="Note_Title",
)

TASKS = Module(
    "Tasks",
    "Task",
    "Tasks",
    (
        Field("Subject", "Subject", length=255, mandatory=True, display=True),
        Field("Due_Date", "Due Date", "date", 20),
        Field("Status", "Status", "picklist", choices=["Not Started", "In Progress", "Completed"]),
        *_system("Task"),
    ),
    name_field="Subject",
)

EVENTS = Module(
    "Events",
    "Event",
    "Events",
    (
        Field("Event_Title", "Title", length=255, mandatory=True, display=True),
        Field("Start_DateTime", "From", "datetime", mandatory=True),
        Field("End_DateTime", "To", "datetime", mandatory=True),
        *_system("Event"),
    ),
    name_field="Event_Title",
)

CALLS = Module(
    "Calls",
    "Call",
    "Calls",
    (
        Field("Subject", "Subject", length=255, mandatory=True, display=True),
        Field("Call_Type", "Call Type", "picklist", mandatory=True, choices=["Outbound", "Inbound", "Missed"]),
        Field("Call_Start_Time", "Call Start Time", "datetime", mandatory=True),
        *_text("Call_Duration", 10),
        *_system("Call"),
    ),
    name_field="Subject",
)

CURRENCY_FIELDS = (
    Field("Currency", "Currency", "picklist", 120),
    Field("Exchange_Rate", "Exchange Rate", "double", 20),
)  # of deals, while switch `bigin_currency_per_record` is on

ASSOCIATED_PRODUCTS = Module(
    "Associated_Products",
    "Associated Product",
    "Associated Products",
    (
        Field("Product", "Product", "lookup", lookup="Products"),
        Field("Quantity", "Quantity", "double", 16),
        Field("List_Price", "List Price", "currency", 16),
        Field("Discount", "Discount", "currency", 16),
        Field("Total", "Total", "currency", 16, read_only=True),
    ),
    name_field="Product",
)  # a linking module: described, but without records of its own

MODULES = {module.api_name: module for module in (CONTACTS, ACCOUNTS, PIPELINES, PRODUCTS, TASKS, EVENTS, CALLS, NOTES)}

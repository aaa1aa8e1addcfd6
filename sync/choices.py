"""The closed sets of the sync's tables. `sync.models` offers them too."""

from django.db.models import TextChoices


class Side(TextChoices):
    BIGIN = "bigin", "Bigin"
    BOOKS = "books", "Books"


class Module(TextChoices):
    """One Configure screen each."""

    CUSTOMERS = "customers", "Companies and contacts"
    PRODUCTS = "products", "Products"


class Mode(TextChoices):
    """Which Bigin modules are kept in step with the customer (design section 4)."""

    CONTACTS = "contacts", "Contacts"
    COMPANIES = "companies", "Companies"
    BOTH = "both", "Companies & Contacts"


class Duplicates(TextChoices):
    """What happens when a Bigin record finds an unlinked Books one (rules 3.2)."""

    CLONE = "clone", "Clone"
    OVERWRITE = "overwrite", "Overwrite"
    SKIP = "skip", "Skip"


class Policy(TextChoices):
    """Who wins when both sides changed the same field."""

    NEWEST = "newest", "Newest change"
    BIGIN = "bigin", "Bigin"
    BOOKS = "books", "Books"
    ASK = "ask", "Ask me"


class Feed(TextChoices):
    """A remote list that is read with a cursor of its own."""

    BIGIN_COMPANIES = "bigin_companies"
    BIGIN_CONTACTS = "bigin_contacts"
    BIGIN_PRODUCTS = "bigin_products"
    BOOKS_CUSTOMERS = "books_customers"
    BOOKS_ITEMS = "books_items"
    BOOKS_INVOICES = "books_invoices"
    BOOKS_ESTIMATES = "books_estimates"
    BOOKS_SALESORDERS = "books_salesorders"


class RecordKind(TextChoices):
    COMPANY = "company"  # Bigin
    CONTACT = "contact"  # Bigin
    PRODUCT = "product"  # Bigin
    CUSTOMER = "customer"  # Books
    PERSON = "person"  # Books; remote id of its customer in Record.parent_id
    ITEM = "item"  # Books
    VENDOR = "vendor"  # Books; match keys only, so that no customer is written under its name (rules 1.3)


class LinkKind(TextChoices):
    PRODUCT_ITEM = "product-item"
    COMPANY_CUSTOMER = "company-customer"
    CONTACT_CUSTOMER = "contact-customer"
    CONTACT_PERSON = "contact-person"

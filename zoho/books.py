"""The API, version 3, of Zoho Books and of Zoho Invoice, its smaller twin: organisation, customers, items, documents.

One method is one call unless its docstring says otherwise. What the fields mean to us is not known here.
"""

from __future__ import annotations

from zoho.books_calls import BooksPage, Lookup, Row
from zoho.books_contacts import Contacts
from zoho.books_documents import DOCUMENTS, Documents, Kind
from zoho.books_items import Items
from zoho.books_settings import Settings

__all__ = ["DOCUMENTS", "Books", "BooksPage", "Kind", "Lookup", "Row"]


class Books(Settings, Contacts, Items, Documents):
    """Every method calls the network and raises the errors of `zoho.errors`."""

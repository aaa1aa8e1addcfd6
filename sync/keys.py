"""Match keys: by what two records of different sides may be recognised as one (rules 3.1). Pure.

A key is `what:value`. Which keys make a pair is decided in `sync/pairing.py`.
"""

from __future__ import annotations

import re
import unicodedata

from sync.fields import bare, folded

_MAX = 300
# Words that say what form a company has, never which company it is; compared after punctuation is gone.
_FORMS = frozenset(
    [
        "ltd",
        "limited",
        "inc",
        "incorporated",
        "llc",
        "llp",
        "lp",
        "plc",
        "co",
        "company",
        "corp",
        "corporation",
        "gmbh",
        "ag",
        "kg",
        "ug",
        "se",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "bv",
        "nv",
        "oy",
        "ab",
        "as",
        "aps",
        "pty",
        "pte",
        "pvt",
        "private",
        "kk",
        "sdn",
        "bhd",
    ]
)
_ROLES = frozenset(
    [
        "info",
        "accounts",
        "account",
        "accounting",
        "admin",
        "billing",
        "contact",
        "enquiries",
        "finance",
        "hello",
        "help",
        "invoice",
        "invoices",
        "mail",
        "office",
        "orders",
        "post",
        "reception",
        "sales",
        "service",
        "support",
        "team",
        "webmaster",
        "no-reply",
        "noreply",
    ]
)
_AND = re.compile(r"\s*[&+]\s*")
_DIGITS = re.compile(r"\D+")


def normalised_name(name: str) -> str:
    """Without punctuation, accents, forms of company, with "and" for &; "" when nothing is left."""
    text = _AND.sub(" and ", folded(name))
    plain = unicodedata.normalize("NFKD", text)
    words = re.findall(r"\w+", "".join(char for char in plain if not unicodedata.combining(char)).replace(".", ""))
    kept = [word for word in words if word not in _FORMS] or words
    if kept and kept[0] == "the" and len(kept) > 1:
        kept = kept[1:]
    return " ".join(kept)


def is_role_address(email: str) -> bool:
    """An address that many people of a company share: alone it names nobody (rules 3.1)."""
    return email.partition("@")[0].strip().casefold() in _ROLES


def phone_digits(phone: str) -> str:
    """The last nine digits, so that country codes and trunk zeros do not matter; "" when too short to mean anything."""
    digits = _DIGITS.sub("", phone)
    return digits[-9:] if len(digits) >= 7 else ""


def name_keys(name: str | None) -> list[str]:
    if not name:
        return []
    plain = normalised_name(name)
    return _kept([f"name:{folded(name)}", f"norm:{plain}" if plain else ""])


def email_keys(email: str | None) -> list[str]:
    return _kept([f"email:{email.strip().casefold()}"]) if email and "@" in email else []


def phone_keys(*phones: str | None) -> list[str]:
    return _kept([f"phone:{digits}" for phone in phones if phone and (digits := phone_digits(phone))])


def tax_keys(number: str | None) -> list[str]:
    plain = bare(number or "")
    return _kept([f"tax:{plain}"]) if len(plain) >= 5 else []


def code_keys(code: str | None) -> list[str]:
    """Of an item's SKU or a product's code: exact after folding, and a near form for the SKU near-misses."""
    if not code:
        return []
    return _kept([f"sku:{folded(code)}", f"near:{bare(code)}"])


def _kept(keys: list[str]) -> list[str]:
    return sorted({key[:_MAX] for key in keys if key})

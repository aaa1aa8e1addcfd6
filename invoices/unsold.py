"""Items that were deleted or made inactive since they were chosen for a line: Books may bill them all the same."""

from __future__ import annotations

from django.utils.translation import gettext as _

from invoices.drafts import Draft
from zoho.books import Books


def problems(draft: Draft, books: Books) -> dict[str, str]:
    """Field -> what is wrong. One call, none where no line has an item; raises the errors of `zoho.errors`. A line that
    stands in Books already is left to Books."""
    chosen = {index: line.item_id for index, line in enumerate(draft.lines) if line.item_id and not line.line_item_id}
    if not chosen:
        return {}
    rows = {str(row.get("item_id")): row for row in books.item_details(sorted(set(chosen.values())))}
    found = {}
    for index, item_id in chosen.items():
        if item_id not in rows:
            found[f"lines-{index}-name"] = _("This item is not in Books any more. Choose another.")
        elif rows[item_id].get("status") == "inactive":
            found[f"lines-{index}-name"] = _("This item is not to be sold any more. Choose another.")
    return found

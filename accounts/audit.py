"""Who changed what, in plain words, for the settings page."""

from accounts.models import AuditEntry, Installation, Member


def note(installation: Installation, who: Member | str, what: str) -> None:
    """`who` is a member or, for what no person did, a word such as "sync"."""
    AuditEntry.objects.create(installation=installation, who=str(who)[:200], what=what)

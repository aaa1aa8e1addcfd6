"""Alerts to the set-up e-mail address (rules 8.3). A mail that cannot be sent is logged and never stops the work."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage

from accounts import telling
from accounts.models import Installation

log = logging.getLogger(__name__)


def alert(installation: Installation, subject: str, body: str) -> bool:
    """Whether it went out. Calls the mail server; never inside a transaction."""
    if not installation.alert_email:
        return False
    subject, body = telling.told(subject), telling.told(body)
    text = f"{body}\n\nBigin organisation: {installation.bigin_org_name}\n{settings.BASE_URL}/embed/settings/\n"
    # A subject is one line; a name from Zoho may hold more.
    line = " ".join(f"[{installation.bigin_org_name}] {subject}".split())
    try:
        EmailMessage(line, text, to=[installation.alert_email]).send()
    except (SMTPException, OSError) as error:
        log.warning("mail: installation %s: not sent (%s)", installation.pk, type(error).__name__)
        return False
    return True

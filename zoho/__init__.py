"""Zoho over HTTP: errors, retry, limits, sign-in, one client, Bigin, Books and Invoice.

Knows nothing of Django or of the apps, and could be published alone.
"""

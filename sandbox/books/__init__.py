"""Zoho Books v3 and Zoho Invoice v3 as one stateful engine with two roots. Nothing of HTTP assembly lives here."""

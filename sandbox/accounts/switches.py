"""Switches of the accounts server."""

from sandbox.switches import Switch

SWITCHES = [
    Switch(
        "token_throttle_status",
        "400",
        ("200", "400"),
        "bigin-api.md 1.5: Kaizen #43 says 200, field reports 400",
        "HTTP status of the 'Access Denied' answer when too many access tokens were asked for.",
    ),
    Switch(
        "token_error_status",
        "200",
        ("200", "400"),
        "bigin-api.md 1.6 and 12.7: errors usually come under HTTP 200",
        "HTTP status of {'error': ...} answers of the token endpoint.",
    ),
    Switch(
        "throttle_prolonged_by_retry",
        "off",
        ("on", "off"),
        "bigin-api.md 1.5: one code base says that repeated retries prolong the lockout",
        "on: each refused refresh starts the ten minutes anew.",
    ),
    Switch(
        "refresh_token_without_prompt",
        "first_time",
        ("first_time", "always"),
        "bigin-api.md 1.3: prompt=consent forces a new refresh token on re-consent",
        "first_time: without prompt=consent only a user's first offline grant brings a refresh token.",
    ),
    Switch(
        "consent_memory",
        "ask",
        ("ask", "remember"),
        "from memory of Zoho's sign-in",
        "remember: without prompt=consent, a browser that granted the same scopes is sent back without a page.",
    ),
    Switch(
        "accounts_coop",
        "absent",
        ("absent", "same-origin-allow-popups", "same-origin"),
        "design section 7: Zoho's own pages may cut window.opener",
        "Cross-Origin-Opener-Policy of the sign-in pages; the two values cut the popup off from its opener.",
    ),
    Switch(
        "redirect_uri_check",
        "on",
        ("on", "off"),
        "an OAuth client has registered redirect URIs (bigin-api.md 1.2)",
        "on: only the topping's origin, localhost and 127.0.0.1 are sent back to.",
    ),
    Switch(
        "refresh_answers_scope",
        "on",
        ("on", "off"),
        "bigin-api.md 1.4: present in BiginPythonClient's reading and in sample pages of siblings",
        "off: the answer to a refresh lacks scope.",
    ),
    Switch(
        "token_api_domain",
        "own",
        ("own", "foreign"),
        "the product must call hosts of its table only (design section 7)",
        "foreign: token answers name an api_domain that is in no table, as a forged answer would.",
    ),
]

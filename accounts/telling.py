"""Says in the reader's language what the engine has stored in English. Pure but for the language in use.

The engine stores whole sentences: whoever reads them later may speak another language than whoever was there. A stored
text is recognised by the patterns in `accounts/sentences.py`; what was filled in is told too, being a sentence itself
now and then. What is not recognised, such as Zoho's own words, stays as it is.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from django.utils.translation import get_language, gettext

from accounts.sentences import SENTENCES

_BLANK = re.compile(r"%\((\w+)\)s")
_END = re.compile(r"(?<=[.?!:;]) ")
MANY = 12  # sentences of one text that are looked at together


def told(text: str) -> str:
    language = get_language() or "en"
    return text if language.split("-")[0] == "en" or not text else _told(text, language)


@lru_cache(maxsize=4096)
def _told(text: str, _language: str) -> str:
    """The longest runs of sentences that are known, one after the other."""
    pieces = _END.split(text)
    out = []
    while pieces:
        for length in range(min(len(pieces), MANY), 0, -1):
            run = " ".join(pieces[:length])
            said = _known(run, _language)
            if said is not None or length == 1:
                out.append(run if said is None else said)
                del pieces[:length]
                break
    return " ".join(out)


def _known(text: str, language: str) -> str | None:
    for sentence, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            filled = {
                name: _told(value, language) if " " in value else value for name, value in found.groupdict().items()
            }
            return gettext(sentence) % filled if filled else gettext(sentence)
    return None


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """The most wordy first: of two that fit, the one with more words of its own says more."""
    return sorted(
        ((sentence, _pattern(sentence)) for sentence in SENTENCES), key=lambda one: -len(_BLANK.sub("", one[0]))
    )


def _pattern(sentence: str) -> re.Pattern[str]:
    """Literal text and names take turns in what the split gives."""
    first, *rest = _BLANK.split(sentence)
    written = _literal(first, bool(rest))
    for name, literal in zip(rest[::2], rest[1::2], strict=True):
        written += f"(?P<{name}>.*){_literal(literal, True)}"
    return re.compile(written, re.S)


def _literal(text: str, is_format: bool) -> str:
    return re.escape(text.replace("%%", "%") if is_format else text)

"""Files that a rep sends along with a document: which are taken, under which names, and how much of an upload is read.

What Books takes is told for a document's own attachment only: pictures and PDF (books-api.md 5.5). The size is ours.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.utils.translation import gettext_lazy as _

MOST_FILES = 5
MEGABYTE = 1024 * 1024
MOST_BYTES = 10 * MEGABYTE  # of all files of a mail together
REFUSED = "bigin_books.upload_refused"
_LONGEST_STEM = 100
# By the end of the name: the type, and how the content begins.
_TYPES: Mapping[str, tuple[str, tuple[bytes, ...]]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    "bmp": ("image/bmp", (b"BM",)),
}
TOO_LARGE = _("Together the files are larger than 10 MB. Send fewer, or smaller ones.")
ACCEPT = ",".join(f".{ending}" for ending in _TYPES)


class Bounded(FileUploadHandler):
    """Stores nothing of a request that is larger than any mail may be, whoever sends it and wherever to: what is typed
    beside the files arrives, and the form can say why they do not."""

    def handle_raw_input(
        self,
        input_data: Any,
        meta: Any,
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        self.is_refused = content_length > MOST_BYTES + MEGABYTE
        if self.is_refused and self.request is not None:
            self.request.META[REFUSED] = True

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.is_refused:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class _Choice(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """Several files at once; cleaned, they have names that mean the same to everybody and the type of their content."""

    widget = _Choice

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=_Choice(attrs={"accept": ACCEPT}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files: Sequence[UploadedFile] = [one for one in (data or []) if one]
        if len(files) > MOST_FILES:
            raise ValidationError(_("At most %(number)s files."), params={"number": MOST_FILES})
        if sum(one.size or 0 for one in files) > MOST_BYTES:
            raise ValidationError(TOO_LARGE)
        return [_cleaned(one) for one in files]


def _cleaned(file: UploadedFile) -> UploadedFile:
    name = cleaned_name(file.name or "")
    kind, beginnings = _TYPES.get(name.rpartition(".")[2].lower(), ("", ()))
    if not kind:
        message = _("%(name)s cannot go with the mail: Books takes PDF and pictures (PNG, JPEG, GIF, BMP).")
        raise ValidationError(message, params={"name": name})
    file.seek(0)
    head = file.read(1024)
    file.seek(0)
    if not head:
        raise ValidationError(_("%(name)s is empty."), params={"name": name})
    if not (head.startswith(beginnings) or (kind == "application/pdf" and beginnings[0] in head)):
        raise ValidationError(_("%(name)s is not what its name says it is."), params={"name": name})
    file.name, file.content_type = name, kind
    return file


def cleaned_name(name: str) -> str:
    """Without a folder, and without characters that cannot be seen or that turn the reading around."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    seen = "".join(one for one in last if unicodedata.category(one)[0] != "C" or one == "\t")
    stem, dot, ending = " ".join(seen.split()).rpartition(".")
    if not dot:
        return ending[:_LONGEST_STEM]
    return f"{stem.strip(' .')[:_LONGEST_STEM].strip() or 'file'}.{ending.strip()[:10]}"

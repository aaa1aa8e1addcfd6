"""Puts the pictures that the documentation shows into docs/pictures, made small, from what `make gallery` took."""

import sys
from pathlib import Path

from PIL import Image, ImageChops

ROOT = Path(__file__).resolve().parent.parent
SHOTS, PICTURES = ROOT / "screenshots", ROOT / "docs" / "pictures"
COLOURS, TALLEST = 64, 1700
# name in the docs -> name of the screenshot
WANTED = {
    "setup": "main-2-organisation",
    "start": "sync-walk-2-before-anything-is-written",
    "home": "sync-walk-4-in-step",
    "running": "sync-home-running-light",
    "configure": "sync-configure-customers-light",
    "preview": "sync-walk-3-preview",
    "conflict": "sync-walk-5-conflict",
    "run": "sync-walk-6-run",
    "pair": "sync-walk-7-history",
    "to-do": "sync-walk-8-to-do",
    "held": "sync-held-full-light",
    "health": "sync-health-full-light",
    "signed-out": "sync-signed-out-meanwhile",
    "documents-panel": "invoices-panel-invoices-light",
    "documents-form": "invoices-form-filled-light",
    "documents-detail": "invoices-detail-invoice-partially_paid-light",
    "documents-mail": "invoices-mail-light",
}


def _filled(picture: Image.Image) -> int:
    """How far down there is something; a window may be higher than what it shows."""
    ground = Image.new("RGB", picture.size, picture.getpixel((1, picture.height - 1)))
    box = ImageChops.difference(picture, ground).getbbox()
    return min(picture.height, box[3] + 24) if box else picture.height


def main() -> int:
    missing = [shot for shot in WANTED.values() if not (SHOTS / f"{shot}.png").exists()]
    if missing:
        print(f"Not taken yet, run `make gallery` first: {', '.join(missing)}", file=sys.stderr)
        return 1
    PICTURES.mkdir(exist_ok=True)
    for name, shot in WANTED.items():
        with Image.open(SHOTS / f"{shot}.png") as picture:
            whole = picture.convert("RGB")
            part = whole.crop((0, 0, whole.width, min(_filled(whole), TALLEST)))
            part.quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURES / f"{name}.png", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

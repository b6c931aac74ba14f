"""The files beside the pages: style, script, icon, and htmx from its WebJar. Each is named with a mark of its
content, so a browser may keep it for ever.
"""

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "static"
NEEDED = (
    "look.css",
    "visit.css",
    "journal.css",
    "visit.js",
    "visit_worker.js",
    "keys.js",
    "post.js",
    "sound.js",
    "icon.svg",
    "vendor/htmx.min.js",
    "vendor/sse.js",
)
_MARK_DIGITS = 12


def missing_assets() -> list[str]:
    """Name the files that are not there; the vendor's are unpacked by ``make prepare``."""
    return [name for name in NEEDED if not (FOLDER / name).is_file()]


@cache
def asset_address(name: str) -> str:
    """Give the address of a file, with a mark that changes with its content."""
    mark = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:_MARK_DIGITS]
    return f"/static/{name}?v={mark}"

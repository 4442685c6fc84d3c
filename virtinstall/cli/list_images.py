"""`--image list`: the names of the known images."""

from __future__ import annotations

import json
import os

from virtinstall.cli.messages import Messages
from virtinstall.images.catalogue import ListedImage
from virtinstall.images.remote import catalogue_with_indexes
from virtinstall.osinfo.catalog import Catalog


def list_images(output: str | None = None) -> int:
    """Print all known images as a table, or as JSON if `output` is `json`; return the exit status."""
    messages = Messages()
    systems = Catalog(os.environ)
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "virtinstall", "images")
    listed = catalogue_with_indexes(os.environ, systems, cache, messages.warn).listed()
    if output == "json":
        print(json.dumps([image._asdict() for image in listed], indent=2))
    else:
        print(_table(listed), end="")
    for warning in systems.warnings:
        messages.warn(warning)
    return 0


def _table(listed: list[ListedImage]) -> str:
    rows = [("NAME", "VARIANTS", "ARCHITECTURES", "FIRST BOOT", "CATALOGUE")]
    rows += [
        (image.name, ",".join(image.variants) or "-", ",".join(image.architectures) or "-", image.seed, image.origin)
        for image in listed
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip() + "\n"
        for row in rows
    )

"""`--osinfo list`: the names of the OS database."""

from __future__ import annotations

import json
import os

from virtinstall.cli.messages import Messages
from virtinstall.osinfo.catalog import Catalog


def list_systems(output: str | None = None) -> int:
    """Print all names, one on each line, or as JSON if `output` is `json`; return the exit status."""
    catalog = Catalog(os.environ)
    if output == "json":
        print(json.dumps([{"names": names} for names in catalog.systems()], indent=2))
    else:
        print(catalog.list_text(), end="")
    messages = Messages()
    for warning in catalog.warnings:
        messages.warn(warning)
    return 0

"""`--osinfo list`: the names in the OS database."""

from __future__ import annotations

import json
import os

from virtinstall.cli.messages import Messages
from virtinstall.osinfo.catalog import Catalog


def list_systems(output: str | None = None) -> int:
    """Print the names of all operating systems; return the exit status.

    If `output` is `json`, print JSON, otherwise one line for each operating system.
    """
    catalog = Catalog(os.environ)
    if output == "json":
        print(json.dumps([{"names": names} for names in catalog.systems()], indent=2))
    else:
        print(catalog.list_text(), end="")
    messages = Messages()
    for warning in catalog.warnings:
        messages.warn(warning)
    return 0

"""JSON from servers, guests and files, which may contain anything."""

from __future__ import annotations

from typing import Any


def parse_json(data: str | bytes) -> Any:
    """Return the value of the JSON document `data`.

    Raises: ValueError, if `data` is invalid or nested too deeply.
    """
    import json

    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None

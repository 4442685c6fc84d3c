"""`--ignition`: the configuration for the first boot of CoreOS-like systems, checked and padded.

Source: https://coreos.github.io/ignition/specs/ (only `ignition.version` is required); https://coreos.github.io/butane/
(the YAML that people write, which no guest reads)
"""

from __future__ import annotations

from virtinstall.errors import RequestError
from virtinstall.json_loader import parse_json

LIMIT_BYTES = 16 * 1024 * 1024
_SECTOR_BYTES = 512
_BUTANE = "butane --strict {} > config.ign"


def config_bytes(source: str, text: str) -> bytes:
    """Return the Ignition configuration `text` as the bytes of the disk from which the guest reads it.

    The last sector of the disk is padded with line breaks, which JSON allows at the end. `source` is the path or URL of
    the configuration, for messages.

    Raises: RequestError, if `text` is not an Ignition configuration.
    """
    import json
    import shlex

    try:
        config = parse_json(text)
    except ValueError as error:
        if any(line.startswith("variant:") for line in text.splitlines()):
            raise RequestError(
                f"--ignition {source}: the file is a Butane config, not an Ignition config",
                hint=f"convert the file with: {_BUTANE.format(shlex.quote(source))}",
            ) from error
        place = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise RequestError(
            f"--ignition {source}: invalid JSON{place or ': nested too deeply'}",
            hint=f"correct the file, or create it from a Butane config with: {_BUTANE.format('FILE')}",
        ) from error
    header = config.get("ignition") if isinstance(config, dict) else None
    version = header.get("version") if isinstance(header, dict) else None
    if not isinstance(version, str) or not version[:1].isdigit():
        problem = "is missing" if version is None else f"must be a version string, not {json.dumps(version)}"
        raise RequestError(
            f"--ignition {source}: ignition.version {problem}",
            hint='specify the version at the start of the file, for example: {"ignition": {"version": "3.4.0"}, ...}',
        )
    content = text.encode()
    return content + b"\n" * (-len(content) % _SECTOR_BYTES)

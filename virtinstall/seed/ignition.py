"""`--ignition`: the configuration for the first boot of CoreOS-like systems, checked and padded.

Source: https://coreos.github.io/ignition/specs/ (only `ignition.version` is required); https://coreos.github.io/butane/
(the YAML that people write, which no guest reads)
"""

from __future__ import annotations

from virtinstall.errors import RequestError

LIMIT_BYTES = 16 * 1024 * 1024
_SECTOR_BYTES = 512
_BUTANE = "butane --strict {} > config.ign"


def config_bytes(source: str, text: str) -> bytes:
    """Return the configuration `text`, read from `source`, in the form for the guest.

    Line breaks, which JSON allows at the end, fill the last sector, because a disk consists of whole sectors.

    Raises: RequestError, if `text` is not an Ignition configuration.
    """
    import json
    import shlex

    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        if any(line.startswith("variant:") for line in text.splitlines()):
            raise RequestError(
                f"--ignition {source}: the file is a Butane config, not an Ignition config",
                hint=f"convert the file with: {_BUTANE.format(shlex.quote(source))}",
            ) from error
        raise RequestError(
            f"--ignition {source}: invalid JSON: {error}",
            hint=f"correct the file, or create it with: {_BUTANE.format('FILE')}",
        ) from error
    header = config.get("ignition") if isinstance(config, dict) else None
    version = header.get("version") if isinstance(header, dict) else None
    if not isinstance(version, str) or not version[:1].isdigit():
        problem = "is missing" if version is None else f"has the invalid value {json.dumps(version)}"
        raise RequestError(
            f"--ignition {source}: ignition.version {problem}",
            hint='start the configuration with {"ignition": {"version": "3.4.0"}, ...}',
        )
    content = text.encode()
    return content + b"\n" * (-len(content) % _SECTOR_BYTES)

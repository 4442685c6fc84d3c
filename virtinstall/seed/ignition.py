"""--ignition: the configuration that CoreOS-like systems read at their first boot, checked and made ready.

Source: https://coreos.github.io/ignition/specs/ (`ignition.version` is all that is required);
https://coreos.github.io/butane/ (the YAML that people write, which no guest reads)
"""

from __future__ import annotations

from virtinstall.errors import RequestError

LIMIT_BYTES = 16 * 1024 * 1024
_SECTOR_BYTES = 512
_HOW = "give the JSON that `butane --strict FILE` prints"


def config_bytes(source: str, text: str) -> bytes:
    """The configuration `text`, which came from `source`, as the guest gets it.

    As a disk it is seen in whole sectors: blanks fill the last one, which JSON allows at its end.
    Raises: RequestError, when it is no Ignition configuration.
    """
    import json

    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        if any(line.startswith("variant:") for line in text.splitlines()):
            raise RequestError(
                f"--ignition {source}: this is Butane's YAML, which no guest reads", hint=_HOW
            ) from error
        raise RequestError(f"--ignition {source}: this is no JSON: {error}", hint=_HOW) from error
    header = config.get("ignition") if isinstance(config, dict) else None
    version = header.get("version") if isinstance(header, dict) else None
    if not isinstance(version, str) or not version[:1].isdigit():
        raise RequestError(
            f"--ignition {source}: it has no ignition.version, so no guest would take it",
            hint='an Ignition configuration begins like {"ignition": {"version": "3.4.0"}, ...}',
        )
    content = text.encode()
    return content + b"\n" * (-len(content) % _SECTOR_BYTES)

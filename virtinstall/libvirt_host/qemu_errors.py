"""QEMU's last message before an immediate exit, extracted from libvirt's error.

libvirt passes QEMU's whole output on one line, with time stamps, the program's name and the option as JSON
(https://qemu.readthedocs.io/en/latest/system/invocation.html, -blockdev and -device).
"""

from __future__ import annotations

_REPORT = (
    r"(internal error: )?(qemu unexpectedly closed the monitor|process exited while connecting to monitor)"
    r"( \(vm='[^']*'\))?: "
)
_STAMP = r"\d{4}-\d\d-\d\dT[\d:.]+Z "
_READ_BY_QEMU = "use a server that supports range requests, or download the image and use its local path"


def qemu_error(text: str) -> tuple[str, str | None]:
    """Return a readable form of libvirt's message that QEMU exited immediately, and a hint or None.

    Any other message is returned unchanged, with None.
    """
    if "monitor" not in text:
        return text, None
    import re

    report = re.match(_REPORT, text, re.IGNORECASE)
    if report is None:
        return text, None
    lines = [line.strip() for line in re.split(_STAMP, text[report.end() :]) if line.strip()]
    lines = [re.sub(r"^qemu[\w.-]*: ", "", line) for line in lines]
    messages = [line for line in lines if not line.startswith("warning: ")] or lines
    if not messages:
        return text, None
    hint = _READ_BY_QEMU if "CURL: " in messages[-1] else None
    return f"QEMU exited immediately: {'; '.join(map(_without_json, messages))}", hint


def _without_json(line: str) -> str:
    """Return `-blockdev {...}: why` with the file or the device instead of the JSON."""
    import json

    option, brace, rest = line.partition(" {")
    if not option.startswith("-") or not brace:
        return line
    try:
        data, end = json.JSONDecoder().raw_decode("{" + rest)
    except ValueError:
        return line
    why = rest[end - 1 :].removeprefix(": ")
    names = [str(data[key]) for key in ("url", "filename", "driver", "qom-type") if isinstance(data.get(key), str)]
    return f"{option} {_shown(names[0])}: {why}" if names else f"{option}: {why}"


def _shown(name: str) -> str:
    from virtinstall.media.fetcher import display_url

    return display_url(name) if "://" in name else name

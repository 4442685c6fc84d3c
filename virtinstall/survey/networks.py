"""The network and graphics devices of this machine, for defaults.

Source: proc(5), /proc/net/route; sysfs, /sys/class/net/*/bridge; https://libvirt.org/formatnode.html (drm).
"""

from __future__ import annotations

import os

from lxml import etree


def default_bridge() -> str | None:
    """Return the name of the bridge that has this host's default route; None if no bridge has it."""
    try:
        with open("/proc/net/route") as table:
            lines = table.read().splitlines()[1:]
    except OSError:
        return None
    for line in lines:
        columns = line.split()
        if len(columns) > 2 and columns[1] == "00000000":
            interface = columns[0]
            return interface if os.path.exists(f"/sys/class/net/{interface}/bridge") else None
    return None


def links() -> tuple[str, ...]:
    """Return the names of this host's network interfaces and bridges; an empty tuple if they cannot be listed."""
    try:
        return tuple(sorted(os.listdir("/sys/class/net")))
    except OSError:
        return ()


def has_passt(*, privileged: bool, uid: int) -> bool:
    """Return whether passt is installed and can run.

    If `privileged` is true, the system daemon starts passt as QEMU's user, which is always possible. Otherwise, the
    user with the numeric user ID `uid` starts it, which is not possible for root (0), because passt refuses to run as
    root.
    """
    # shutil.which would load three compression libraries at every start
    places = (os.path.join(directory, "passt") for directory in os.get_exec_path())
    return (privileged or uid != 0) and any(os.access(place, os.X_OK) for place in places)


def render_node(devices: list[str]) -> str | None:
    """Return the path of the first DRM render node in `devices`, the XML of node devices; None if there is none."""
    for text in devices:
        root = etree.fromstring(text.encode())
        if root.findtext("capability/type") != "render":
            continue
        links = sorted(link.text or "" for link in root.iterfind("devnode[@type='link']"))
        by_path = [link for link in links if "/by-path/" in link]
        return (by_path or links or [root.findtext("devnode[@type='dev']") or ""])[0] or None
    return None

"""The rewriting of old options into current ones, before anything else reads the options.

Source: the hidden options of virt-install and its behavior with them.
"""

from __future__ import annotations

from argparse import Namespace

from virtinstall.errors import RequestError

# sub-options of --graphics that replace options
_DISPLAY_DETAILS = {"vncport": "port", "vnclisten": "listen", "keymap": "keymap"}


def rewrite(given: Namespace) -> list[str]:
    """Replace the old options in `given`, the parsed command line, with current ones; return the warnings to print.

    Raises: RequestError, if an old option and a current one contradict each other.
    """
    warnings: list[str] = []
    _storage(given)
    _networks(given)
    _graphics(given)
    _guest(given)
    _cdrom(given)
    if given.prompt:
        warnings.append("--prompt has no effect: virt-install does not ask questions")
    for word in getattr(given, "single_dashes", ()):
        warnings.append(f"{word} is read as short options; did you mean -{word}?")
    if given.print_step and not given.print_xml:
        given.print_xml = given.print_step
    if given.force and not given.check:
        given.check = ["all=off"]
    return warnings


def _append(given: Namespace, name: str, value: str) -> None:
    setattr(given, name, [*(getattr(given, name) or []), value])


def _quoted(value: str) -> str:
    """Return `value` with commas and quotes escaped, for use in a compound option."""
    return value.replace("\\", "\\\\").replace(",", "\\,").replace('"', '\\"').replace("'", "\\'")


def _storage(given: Namespace) -> None:
    paths, sizes = given.old_files or [], given.old_sizes or []
    if given.nodisks:
        if given.disk or paths or sizes:
            other = "--disk" if given.disk else "--file" if paths else "--file-size"
            raise RequestError(f"--nodisks and {other} cannot be used together", hint="omit one of them")
        given.disk = ["none"]
    if paths and given.disk:
        raise RequestError(
            "--file and --disk cannot be used together",
            hint=f"use --disk path={_quoted(paths[0])} instead of --file",
        )
    if len(sizes) > max(1, len(paths)):
        raise RequestError(
            "more --file-size options than --file options",
            hint="use --disk for each disk, for example: --disk path=/images/web.qcow2,size=20",
        )
    for number in range(max(len(paths), len(sizes))):
        parts = []
        if number < len(paths):
            parts.append("path=" + _quoted(paths[number]))
        if number < len(sizes):
            parts.append(f"size={sizes[number]:.12f}")
        if given.nonsparse:
            parts.append("sparse=no")
        _append(given, "disk", ",".join(parts))


def _networks(given: Namespace) -> None:
    bridges, macs = given.old_bridges or [], given.old_macs or []
    if given.nonetworks:
        if given.network or bridges or macs:
            other = "--network" if given.network else "--bridge" if bridges else "--mac"
            raise RequestError(f"--nonetworks and {other} cannot be used together", hint="omit one of them")
        given.network = ["none"]
        return
    if bridges and given.network:
        raise RequestError(
            "--bridge and --network cannot be used together",
            hint=f"use --network bridge={bridges[0]} instead of --bridge",
        )
    for bridge in bridges:
        _append(given, "network", "bridge=" + _quoted(bridge))
    networks = [_colon(text) for text in given.network or []]
    for number, mac in enumerate(macs):
        if number < len(networks):
            networks[number] += f",mac={mac}"
        else:
            networks.append(f"type=default,mac={mac}")
    given.network = networks or None


def _colon(text: str) -> str:
    for kind in ("network", "bridge"):
        if text.startswith(kind + ":"):
            return kind + "=" + text[len(kind) + 1 :]
    return text


def _graphics(given: Namespace) -> None:
    kinds = [kind for kind in ("vnc", "sdl", "nographics") if getattr(given, kind)]
    details = {
        old: f"{new}={getattr(given, old)}" for old, new in _DISPLAY_DETAILS.items() if getattr(given, old) is not None
    }
    if not kinds and not details:
        return
    if given.graphics:
        old = next(iter((*kinds, *details)))
        new = f"use --graphics {given.graphics[0]},{details[old]} instead of --{old}" if old in details else None
        raise RequestError(f"--graphics and --{old} cannot be used together", hint=new or f"omit --{old}")
    if len(kinds) > 1:
        raise RequestError(f"--{kinds[0]} and --{kinds[1]} cannot be used together", hint="omit one of them")
    if kinds == ["nographics"]:
        given.graphics = ["none"]
        return
    given.graphics = [",".join([kinds[0] if kinds else "vnc", *details.values()])]


def _guest(given: Namespace) -> None:
    if given.ram is not None and not given.memory:
        given.memory = [given.ram]
    if given.cpuset:
        _append(given, "vcpus", "cpuset=" + given.cpuset)
    if given.uuid:
        _append(given, "metadata", "uuid=" + given.uuid)
    if given.description:
        _append(given, "metadata", "description=" + _quoted(given.description))
    if given.init:
        _append(given, "boot", "init=" + _quoted(given.init))
    if not given.features:
        for old, word in (("noapic", "apic=off"), ("noacpi", "acpi=off")):
            if getattr(given, old):
                _append(given, "features", word)


def _cdrom(given: Namespace) -> None:
    short = given.cdrom_short
    if short is None:
        return
    if "://" in short and not short.startswith(("http", "ftp", "file")):
        raise RequestError(
            f"-c '{short}' looks like a connection URI, but -c is the old form of --cdrom",
            hint=f"use --connect {short}",
        )
    if given.cdrom is not None:
        raise RequestError(
            "-c and --cdrom cannot be used together: -c is the old form of --cdrom", hint="omit one of them"
        )
    given.cdrom = short

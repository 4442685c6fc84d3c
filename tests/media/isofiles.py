"""ISO images for tests, created by pycdlib, an independent implementation of the format."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any


def build_iso(
    path: Path,
    files: dict[str, bytes],
    *,
    rock_ridge: str | None = "1.09",
    joliet: bool = True,
    volume_id: str = "TESTDISC",
    boot: str | None = None,
    links: dict[str, str] | None = None,
) -> Path:
    """Write an image with `files` (path to content) to `path`; return `path`."""
    import pycdlib

    iso: Any = pycdlib.PyCdlib()
    iso.new(
        interchange_level=3,
        rock_ridge=rock_ridge,
        joliet=3 if joliet else None,
        vol_ident=volume_id,
        sys_ident="LINUX",
        pub_ident_str="PUBLISHER",
        app_ident_str="APPLICATION",
    )
    created: dict[str, str] = {"": ""}
    for number, (name, content) in enumerate(files.items()):
        folder, _, base = name.rpartition("/")
        parent = _folders(iso, folder, created, rock_ridge, joliet)
        names: dict[str, str] = {"iso_path": f"{parent}/{_short(base, number)}"}
        if rock_ridge:
            names["rr_name"] = base
        if joliet:
            names["joliet_path"] = "/" + name
        iso.add_fp(BytesIO(content), len(content), **names)
        if name == boot:
            iso.add_eltorito(names["iso_path"], bootcatfile="/BOOT.CAT;1")
    for name, target in (links or {}).items():
        iso.add_symlink(f"/{_short(name, 900)}", rr_symlink_name=name, rr_path=target)
    iso.write(str(path))
    iso.close()
    return path


def _folders(iso: Any, folder: str, created: dict[str, str], rock_ridge: str | None, joliet: bool) -> str:
    if folder in created:
        return created[folder]
    parent, _, base = folder.rpartition("/")
    above = _folders(iso, parent, created, rock_ridge, joliet)
    plain = "".join(each if each.isalnum() else "_" for each in base.upper())
    created[folder] = f"{above}/{plain[:28]}"
    names: dict[str, str] = {"iso_path": created[folder]}
    if rock_ridge:
        names["rr_name"] = base
    if joliet:
        names["joliet_path"] = "/" + folder
    iso.add_directory(**names)
    return created[folder]


def _short(base: str, number: int) -> str:
    if base.replace(".", "", 1).isalnum() and len(base) <= 12 and not base.startswith("."):
        stem, _, end = base.upper().partition(".")
        return f"{stem}.{end};1"
    return f"F{number}.;1"

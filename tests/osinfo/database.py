"""A small test database that can be overridden."""

from __future__ import annotations

import os
from pathlib import Path

from virtinstall.osinfo.catalog import Catalog

DATA = Path(__file__).parent / "data"


class Database:
    """The database in `data`, with local and user directories and a cache below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {
            "OSINFO_SYSTEM_DIR": str(DATA),
            "OSINFO_LOCAL_DIR": str(root / "local"),
            "OSINFO_USER_DIR": str(root / "user"),
            "XDG_CACHE_HOME": str(root / "cache"),
        }

    def catalog(self, *, cache: bool = True) -> Catalog:
        """A catalog as in a new run of the program."""
        return Catalog(self.environment, cache=cache)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the database: `local/os/example.org/penguin-1.xml`."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def write_os(self, path: str, identity: str, short_id: str, content: str = "") -> Path:
        """Write the file of an operating system."""
        return self.write(
            path,
            f"<libosinfo version='0.0.1'><os id='{identity}'><short-id>{short_id}</short-id><name>{short_id}</name>"
            f"<vendor>test</vendor>{content}</os></libosinfo>",
        )

    def cache_files(self) -> list[str]:
        """The names of the cache files."""
        directory = self.root / "cache" / "virtinstall" / "osinfo"
        return sorted(os.listdir(directory)) if directory.exists() else []


def devices(*ids: str) -> str:
    """A `<devices>` block of PCI devices: `1af4/1000`."""
    return "<devices>" + "".join(f"<device id='http://pcisig.com/pci/{one}'/>" for one in ids) + "</devices>"

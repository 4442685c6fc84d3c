"""Modules that `virt-guest list`, `ip` and `ssh` load, because imports are most of the start-up time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

IMPORTED = """
import sys
from virtinstall.cli.main import guest_main
sys.argv = ["virt-guest", *sys.argv[1:]]
status = guest_main()
print(*sorted(sys.modules), file=sys.stderr)
sys.exit(status)
"""
# importing each takes milliseconds; the whole command takes about 50 ms, of which Python and libvirt need 40 ms
HEAVY = {
    *("lxml", "json", "logging", "shutil", "subprocess", "tempfile", "pathlib", "dataclasses", "inspect", "ast"),
    *("ipaddress", "urllib.parse", "calendar", "datetime", "_strptime", "socket", "ssl", "yaml", "requests"),
    *("threading", "locale"),
}
# parts of virtinstall that create, change or delete guests
UNUSED_PARTS = {
    *("accepted", "added_devices", "attach", "clone", "compose", "create", "devices", "domain", "edit", "facts"),
    *("fleet", "images", "media", "new_image", "osinfo", "plan", "request", "run", "seed", "spec", "storage", "survey"),
}
MOST_MODULES = 135
UNUSED = {"virtinstall.lifecycle.delete", "virtinstall.rollback.journal", "virtinstall.libvirt_host.host"}


@pytest.mark.parametrize("words", [("list",), ("ip", "test"), ("ssh", "--print", "test")], ids=["list", "ip", "ssh"])
def test_short_command_loads_few_modules(tmp_path: Path, words: tuple[str, ...]) -> None:
    """It loads no lxml, no JSON, and no modules that create guests."""
    environ = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", IMPORTED, words[0], "--connect", "test:///default", *words[1:]]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.splitlines()[-1].split())
    assert sorted(loaded & (HEAVY | UNUSED)) == []
    ours = {name.split(".")[1] for name in loaded if name.startswith("virtinstall.")}
    assert sorted(ours & UNUSED_PARTS) == []
    assert len(loaded) < MOST_MODULES, sorted(loaded)

"""What `virt-guest list`, `ip` and `ssh` load: start-up time is mostly imports."""

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
# each costs milliseconds; the whole command takes about fifty, of which Python and libvirt need forty
HEAVY = {
    *("lxml", "json", "logging", "shutil", "subprocess", "tempfile", "pathlib", "dataclasses", "inspect", "ast"),
    *("ipaddress", "urllib.parse", "calendar", "datetime", "_strptime", "socket", "ssl", "yaml", "requests"),
    *("threading", "locale"),
}
# packages and modules of virtinstall that may be loaded; the others create, change or delete guests
USED = {
    *("cli", "errors", "guest", "hypervisor", "libvirt_host", "lifecycle", "named", "options", "private_cache"),
    *("record", "redact", "rollback", "safe_text", "script_terms", "units", "xml"),
}
UNUSED = {"virtinstall.lifecycle.delete", "virtinstall.rollback.journal", "virtinstall.libvirt_host.host"}


@pytest.mark.parametrize(
    ("words", "more"),
    [(("list",), {"guest_record"}), (("ip", "test"), set()), (("ssh", "--print", "test"), {"guest_record"})],
    ids=["list", "ip", "ssh"],
)
def test_a_short_command_loads_little(tmp_path: Path, words: tuple[str, ...], more: set[str]) -> None:
    """No XML library, no JSON, and nothing that creates guests."""
    environ = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", IMPORTED, words[0], "--connect", "test:///default", *words[1:]]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.splitlines()[-1].split())
    assert sorted(loaded & (HEAVY | UNUSED)) == []
    ours = {name.split(".")[1] for name in loaded if name.startswith("virtinstall.")}
    assert sorted(ours - USED - more) == []

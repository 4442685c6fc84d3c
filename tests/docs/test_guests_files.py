"""Guests files and playbooks on the pages."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.docs.examples import PROJECT
from tests.docs.stage import yaml_blocks
from virtinstall import Lab

ANSIBLE = Path("/var/cache/virtinstall/ansible/bin/ansible-playbook")
FILES = [
    (str(path.relative_to(PROJECT)), text)
    for path in sorted((PROJECT / "docs").rglob("*.md"))
    for text in yaml_blocks(str(path.relative_to(PROJECT)))
    if "\nguests:" in text
]


@pytest.mark.parametrize(("page", "text"), FILES)
def test_guests_file_is_valid(page: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file has guests."""
    monkeypatch.chdir(tmp_path)
    assert Lab.parse(text, page).guests


def test_lab_of_the_guide_equals_the_inventory_of_its_playbook() -> None:
    """Names, addresses and sizes are compared."""
    import yaml

    guide, inventory, _ = yaml_blocks("docs/guides/lab.md")
    lab = Lab.parse(guide)
    items = yaml.safe_load(inventory)["kvm"]["hosts"]["kvm1"]["guests"]
    found = []
    for guest in lab.guests:
        assert guest.request is not None
        (interface,) = [each for each in guest.request.domain.devices if each.tag == "interface"]
        found.append((guest.name, (guest.request.domain.memory_kib or 0) // 1024, interface.settings["ip"]))
    assert found == [(each["name"], each["memory"], each["ip"]) for each in items]


def test_playbook_of_the_guide_is_valid(tmp_path: Path) -> None:
    """Its syntax and the names of the modules are checked."""
    if not ANSIBLE.exists():
        pytest.skip("NOT RUN: ansible is not installed (scripts/setup.sh)")
    _, inventory, playbook = yaml_blocks("docs/guides/lab.md")
    (tmp_path / "hosts.yml").write_text(inventory)
    (tmp_path / "lab.yml").write_text(playbook)
    done = subprocess.run(
        [str(ANSIBLE), "--syntax-check", "-i", str(tmp_path / "hosts.yml"), str(tmp_path / "lab.yml")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            "HOME": str(tmp_path),
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(ANSIBLE.parents[1] / "collections"),
        },
    )
    assert done.returncode == 0, done.stderr

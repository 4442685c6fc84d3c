"""Inventories: the values that Ansible and ssh read in them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from virtinstall import Hypervisor, Inventory, InventoryGuest, Lab, RequestError
from virtinstall.fleet.inventory_guest import Format

ANSIBLE = Path("/var/cache/virtinstall/ansible/bin/ansible-inventory")
UUID = "11111111-2222-4333-8444-555555555555"


def guest(name: str, **values: Any) -> InventoryGuest:
    """Return a running guest."""
    return InventoryGuest(
        **{"name": name, "uuid": UUID, "uri": "qemu:///system", "state": "running", "address": "192.0.2.1", **values}
    )


OPTIONS = {"HostKeyAlias": UUID, "UserKnownHostsFile": '"/tmp/known hosts"', "StrictHostKeyChecking": "yes"}
LAB = Inventory(
    guests=(
        guest("db", user="ops", groups=("data-bases", "all-of-it"), ssh_options=OPTIONS),
        guest("web-1", groups=("web",), port=2222, jump="root@kvm1:2200", address="127.0.0.1", user="ops"),
        guest("web-2", groups=("web", "9th"), address=None, state="shut off", key="/home/me/my key"),
        guest("alone", address="fd00::5"),
    )
)


def ansible(path: Path, *words: str) -> Any:
    """Return the output of ansible-inventory; a warning is a failure."""
    if not ANSIBLE.exists():
        pytest.skip("NOT RUN: ansible is not installed (scripts/setup.sh)")
    done = subprocess.run(
        [str(ANSIBLE), "-i", str(path), *(words or ("--list",))],
        capture_output=True,
        text=True,
        check=True,
        cwd=path.parent,
        env={"HOME": str(path.parent), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert "WARNING" not in done.stderr, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("format", ["ini", "yaml", "json"])
def test_ansible_reads_guests_groups_and_variables(format: Format, tmp_path: Path) -> None:
    """JSON comes from a script, the other formats from a file."""
    path = tmp_path / f"hosts.{format}"
    if format == "json":
        path.write_text(f"#!/bin/sh\ncat <<'END'\n{LAB.text('json')}END\n")
        path.chmod(0o755)
    else:
        path.write_text(LAB.text(format))
    found = ansible(path)
    expected = {each.name: each.variables for each in LAB.guests}
    assert found["_meta"]["hostvars"] == expected
    groups = {name: members["hosts"] for name, members in found.items() if "hosts" in members and name != "ungrouped"}
    assert groups == {"data_bases": ["db"], "all_of_it": ["db"], "web": ["web-1", "web-2"], "_9th": ["web-2"]}
    assert found["ungrouped"]["hosts"] == ["alone"]


def test_guest_has_variables_for_its_connection() -> None:
    """Unknown values and the default port, 22, are omitted."""
    db, web, off, _ = (each.variables for each in LAB.guests)
    assert db["ansible_ssh_common_args"] == (
        f"-o HostKeyAlias={UUID} -o 'UserKnownHostsFile=\"/tmp/known hosts\"' -o StrictHostKeyChecking=yes"
    )
    assert (web["ansible_port"], web["ansible_ssh_common_args"]) == (2222, "-o ProxyJump=root@kvm1:2200")
    assert "ansible_host" not in off and off["libvirt_state"] == "shut off"
    assert guest("a", port=22).variables.get("ansible_port") is None


def test_ssh_reads_the_configuration(tmp_path: Path) -> None:
    """`ssh -G -F` prints the options that it would use."""
    if shutil.which("ssh") is None:
        pytest.skip("NOT RUN: ssh is not installed")
    path = tmp_path / "config"
    path.write_text(LAB.text("ssh-config"))

    def options(name: str) -> dict[str, str]:
        done = subprocess.run(["ssh", "-G", "-F", str(path), name], capture_output=True, text=True, check=True)
        return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)

    db, web, off = options("db"), options("web-1"), options("web-2")
    assert (db["hostname"], db["user"], db["port"]) == ("192.0.2.1", "ops", "22")
    assert (db["hostkeyalias"], db["userknownhostsfile"]) == (UUID, "/tmp/known hosts")
    assert (web["hostname"], web["port"], web["proxyjump"]) == ("127.0.0.1", "2222", "root@kvm1:2200")
    assert (off["hostname"], off["identityfile"]) == ("web-2", "/home/me/my key")
    assert options("alone")["hostname"] == "fd00::5"


@pytest.mark.parametrize("name", ["a b", "web[1:3]", "a:22", "a,b", "#a", "we*b"])
def test_names_with_special_characters_are_errors(name: str) -> None:
    """JSON can contain any name."""
    inventory = Inventory(guests=(guest(name),))
    for format in ("ini", "yaml", "ssh-config"):
        with pytest.raises(RequestError, match=f"--format {format}: the guest name .* contains .* not allowed"):
            inventory.text(format)
    assert name in json.loads(inventory.text("json"))["_meta"]["hostvars"]


def test_group_with_the_name_of_a_guest_is_omitted() -> None:
    """Ansible would print a warning."""
    assert Inventory(guests=(guest("db", groups=("db", "x")),)).groups == {"x": ["db"]}


def test_unknown_format_is_an_error() -> None:
    """The message lists the formats."""
    with pytest.raises(RequestError, match="--format toml: must be one of: ini, yaml, ssh-config, json"):
        LAB.text("toml")  # type: ignore[arg-type]


def test_groups_with_reserved_names_are_omitted(tmp_path: Path) -> None:
    """Projects can have any name; two names that become equal are one group."""
    lab = Inventory(guests=(guest("a", groups=("all", "x y", "x_y")), guest("b", groups=("_meta", "ungrouped", "b"))))
    assert lab.groups == {"x_y": ["a"]}
    path = tmp_path / "hosts.json"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{lab.text('json')}END\n")
    path.chmod(0o755)
    found = ansible(path)
    assert set(found["_meta"]["hostvars"]) == {"a", "b"}
    assert (found["x_y"]["hosts"], found["ungrouped"]["hosts"]) == (["a"], ["b"])


def test_inventory_of_a_file_has_reserved_addresses_and_groups(
    hypervisor: Hypervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A guest that does not exist causes a warning."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    lab = Lab.parse(
        "version: 1\nproject: shop\ndefaults: {memory: 64, disk: none, import: true, osinfo: generic}\nguests:\n"
        "  db: {network: [{network: default, ip: 192.168.122.10}], groups: data}\n"
        "  web: {count: 2, network: [{network: default, ip: '192.168.122.2{n}'}]}\n"
        "  other: {network: none}\n  old: {state: absent}\n"
    )
    lab.apply(hypervisor, ["db", "web"])
    inventory = lab.inventory(hypervisor)
    assert [(each.name, each.address, each.groups) for each in inventory.guests] == [
        ("db", "192.168.122.10", ("data",)),
        ("web-1", "192.168.122.21", ("web",)),
        ("web-2", "192.168.122.22", ("web",)),
    ]
    assert [each.partition(":")[0] for each in inventory.warnings] == ["other"]
    assert [each.name for each in lab.inventory(hypervisor, ["web"]).guests] == ["web-1", "web-2"]
    everything = Inventory.of_host(hypervisor)
    assert everything.groups == {"shop": ["db", "web-1", "web-2"], "data": ["db"], "web": ["web-1", "web-2"]}
    assert "test" in [each.name for each in everything.guests]


def test_static_address_and_private_key_come_from_the_file(tmp_path: Path) -> None:
    """libvirt does not know the address that cloud-init configures."""
    from virtinstall.fleet.inventory import _with_file

    (tmp_path / "id").write_text("private")
    (tmp_path / "id.pub").write_text("ssh-ed25519 AAAA me")
    lab = Lab.parse(
        "version: 1\nguests:\n  a: {network: [{bridge: br0, ip: 10.0.0.5/24}], "
        f"cloud-init: {{user: ops, user-ssh-key: {tmp_path}/id.pub}}}}\n"
    )
    found = _with_file(guest("a", address=None), lab.guests[0])
    assert (found.address, found.key) == ("10.0.0.5", f"{tmp_path}/id")


def test_yaml_has_the_usual_structure() -> None:
    """The hosts are below `all`, and the groups are its children."""
    found = yaml.safe_load(LAB.text("yaml"))
    assert list(found["all"]["hosts"]) == ["db", "web-1", "web-2", "alone"]
    assert found["all"]["children"]["web"] == {"hosts": {"web-1": None, "web-2": None}}

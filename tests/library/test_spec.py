"""GuestSpec and the installation methods: the resulting requests, and rejected values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import virtinstall
from virtinstall import (
    GIB,
    CloudImage,
    CloudInit,
    Disk,
    Domain,
    Existing,
    GuestSpec,
    Hypervisor,
    Ignition,
    Install,
    Interface,
    Iso,
    Kernel,
    Plan,
    Pxe,
    Reinstall,
    Request,
    Tree,
    Unattended,
    User,
    parse_request,
)
from virtinstall.spec_request import request_of

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1wEyy0nPzV8BMrXyvBrdRXSKYdzR3nSm6kyxJyqvWB a@b"
COMMON = ["--name", "web", "--memory", "1024", "--disk", "none", "--osinfo", "debian11"]


def spec(install: Install, **values: Any) -> GuestSpec:
    """Return a guest with this installation method."""
    domain = Domain(name="web", memory_kib=1 << 20)
    return GuestSpec(domain, install=install, os="debian11", without=["disk"], **values)


def comparable(request: Request) -> object:
    """Return the part of a request that determines the guest, without the options of the run."""
    return request.install, request.os, request.without, request.checks, request.domain.name


@pytest.mark.parametrize(
    ("install", "argv"),
    [
        (Existing(), ["--import"]),
        (Pxe(), ["--pxe"]),
        (Tree("http://h/t"), ["--location", "http://h/t"]),
        (
            Tree("http://h/t", kernel="k", initrd="i", extra_args=["a=1", "b"], initrd_inject=["/x.ks"]),
            ["-l", "http://h/t,kernel=k,initrd=i", "-x", "a=1", "-x", "b", "--initrd-inject", "/x.ks"],
        ),
        (Iso("/i.iso"), ["--cdrom", "/i.iso"]),
        (Iso("/i.iso", live=True), ["--cdrom", "/i.iso", "--livecd"]),
        (Kernel("/k", "/i", args="a b"), ["--install", "kernel=/k,initrd=/i,kernel_args=a b"]),
        (
            Kernel("/k", args="a", replace_args=True),
            ["--install", "kernel=/k,kernel_args=a,kernel_args_overwrite=yes"],
        ),
        (CloudImage(), ["--import"]),
        (CloudImage(Ignition(source="/c.ign")), ["--import", "--ignition", "/c.ign"]),
        (
            Tree("http://h/t", unattended=Unattended(profile="jeos", user_login="anna", drivers=False)),
            ["-l", "http://h/t", "--unattended", "profile=jeos,user-login=anna,drivers=no"],
        ),
    ],
    ids=repr,
)
def test_method_equals_the_option(install: Install, argv: list[str]) -> None:
    """A script and a command line result in the same request."""
    assert comparable(request_of(spec(install))) == comparable(parse_request([*COMMON, *argv]))


def test_reinstall_names_the_guest_and_the_method() -> None:
    """A domain is not needed, because the guest's definition is kept."""
    request = request_of(GuestSpec(install=Reinstall("old", Pxe())))
    assert (request.install.reinstall, request.install.pxe) == ("old", True)


def test_options_of_the_run_are_fields() -> None:
    """Examples are autostart, transient, and whether the installed guest is started."""
    run = request_of(spec(Pxe(), autostart=True, start_installed=False)).run
    assert (run.autostart, run.noreboot, run.transient) == (True, True, False)


def test_relative_paths_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They are relative to the script's working directory; URLs are not changed."""
    monkeypatch.chdir(tmp_path)
    disk = Disk(path="d.qcow2", size_bytes=GIB, backing_store="base.qcow2")
    domain = Domain(name="web", devices=[disk, Disk(path="http://h/i.iso", device="cdrom")])
    domain.os.kernel = "vmlinuz"
    created = request_of(GuestSpec(domain)).domain
    first, second = created.devices_of(Disk)
    assert (first.path, first.backing_store) == (f"{tmp_path}/d.qcow2", f"{tmp_path}/base.qcow2")
    assert (second.path, created.os.kernel) == ("http://h/i.iso", f"{tmp_path}/vmlinuz")
    assert disk.path == "d.qcow2", "the script's own element is left alone"


def user_data(plan: Plan) -> Any:
    """Return the user data of the plan's seed."""
    text = dict(plan.seeds[0].files)["user-data"].decode()
    return yaml.safe_load(text)


def test_cloud_init_creates_all_users(hypervisor: Hypervisor) -> None:
    """Passwords are hashed, and the image's default user is kept."""
    seed = CloudInit(
        hostname="node",
        users=[User("anna", ssh_keys=[KEY + "\n"]), User("ben", password="correct horse")],
        ssh_keys=[KEY],
        packages=["nginx"],
        commands=["touch /ready"],
    )
    plan = hypervisor.plan(spec(CloudImage(seed)))
    config = user_data(plan)
    default, anna, ben = config["users"]
    assert default == "default"
    assert (anna["name"], anna["ssh_authorized_keys"]) == ("anna", [KEY])
    assert ben["name"] == "ben" and ben["passwd"].startswith("$6$")
    assert config["hostname"] == "node" and config["packages"] == ["nginx"] and config["ssh_pwauth"] is True
    assert "correct horse" not in repr(plan)


def test_generated_root_password_is_in_the_plan(hypervisor: Hypervisor) -> None:
    """It is listed once, in `secrets`; the seed contains only its hash."""
    plan = hypervisor.plan(spec(CloudImage(CloudInit(generate_root_password=True))))
    assert len(plan.secrets) == 1 and "root" in plan.secrets[0]
    password = plan.secrets[0].split()[-1]
    assert password not in dict(plan.seeds[0].files)["user-data"].decode()


def test_static_address_is_for_the_first_interface(hypervisor: Hypervisor) -> None:
    """The network configuration of the seed contains it."""
    seed = CloudInit(ssh_keys=[KEY], addresses=["192.0.2.5/24"], gateways=["192.0.2.1"], nameservers=["192.0.2.1"])
    network = yaml.safe_load(dict(hypervisor.plan(spec(CloudImage(seed))).seeds[0].files)["network-config"])
    assert network["ethernets"]["eth0"]["addresses"] == ["192.0.2.5/24"]


def test_seed_without_a_login_causes_a_warning(hypervisor: Hypervisor) -> None:
    """It is not an error, because the image may contain accounts."""
    assert any("login" in text for text in hypervisor.plan(spec(CloudImage(CloudInit()))).warnings)


@pytest.mark.parametrize("config", ['{"ignition": {"version": "3.4.0"}}', {"ignition": {"version": "3.4.0"}}])
def test_ignition_accepts_text_and_mappings(hypervisor: Hypervisor, config: Any) -> None:
    """The guest receives JSON."""
    request = request_of(spec(CloudImage(Ignition(config))))
    assert request.install.typed["--ignition"] == '{"ignition": {"version": "3.4.0"}}'
    assert "version" not in repr(request)


def test_passwords_of_unattended_are_not_in_the_repr() -> None:
    """Neither the specification nor the request shows them."""
    wanted = spec(Tree("http://h/t", unattended=Unattended(admin_password="correct horse", product_key="AAAA-BBBB")))
    assert "correct" not in repr(wanted) and "AAAA" not in repr(wanted)
    assert "correct" not in repr(request_of(wanted))


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Tree("http://h/", extra_args="console=ttyS0"), "extra_args"),
        (lambda: CloudInit(users="anna"), "users"),  # type: ignore[arg-type]
        (lambda: CloudInit(packages="nginx"), "packages"),
        (lambda: CloudInit(hostnme="x"), "hostnme"),  # type: ignore[call-arg]
        (lambda: GuestSpec(Domain(), install="pxe"), "install"),  # type: ignore[arg-type]
        (lambda: GuestSpec(Domain(nmae="x")), "nmae"),  # type: ignore[call-arg]
        (lambda: Disk(size_bytes="20"), "size_bytes"),  # type: ignore[arg-type]
        (lambda: Interface(boot_order="first"), "boot_order"),  # type: ignore[arg-type]
        (lambda: GuestSpec(Domain(), without=["nic"]), "nic"),
        (lambda: GuestSpec(install=Pxe()), "domain"),
        (lambda: GuestSpec(Domain(), install=Reinstall("x", Pxe())), "domain"),
        (lambda: User("anna"), "anna"),
        (lambda: User("a b", ssh_keys=[KEY]), "a b"),
        (lambda: CloudInit(hostname="-x"), "hostname"),
        (lambda: CloudInit(gateways=["192.0.2.1"]), "addresses"),
        (lambda: CloudInit(generate_root_password=True, root_password="x"), "root_password"),
        (lambda: Ignition(), "config"),
        (lambda: Ignition("{}", source="/x"), "source"),
    ],
)
def test_invalid_argument_is_an_error(make: Callable[[], object], named: str) -> None:
    """The error is raised when the object is created, and names the argument or the value."""
    with pytest.raises(virtinstall.RequestError, match=named):
        make()


@pytest.mark.parametrize(
    "key", ["/home/anna/.ssh/id.pub", "-----BEGIN OPENSSH PRIVATE KEY-----\nx", "ssh-rsa A\nssh-rsa B"]
)
def test_invalid_ssh_key_is_an_error(key: str) -> None:
    """Examples are a path, a private key, and two keys in one text."""
    with pytest.raises(virtinstall.RequestError, match="ssh_keys"):
        request_of(spec(CloudImage(CloudInit(users=[User("anna", ssh_keys=[key])]))))

"""Hints for names that the host does not have: the error comes before libvirt's, and suggests a similar name."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, HostFiles, compose
from virtinstall.compose.validate import validate_request
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, NetworkFacts, PathFacts
from virtinstall.options.command import parse_request
from virtinstall.survey import networks

HOST = HostFiles(
    (DATA / "capabilities-debian12.xml").read_text(), (DATA / "domain-capabilities-kvm-q35.xml").read_text()
)


def warnings(*args: str, links: tuple[str, ...] = ("br0", "eth0", "lo")) -> str:
    """Return the warnings for a guest on a host with these network interfaces."""
    request = parse_request(["--name", "x", "--memory", "512", "--disk", "none", "--import", *args])
    return "\n".join(compose(request, HOST.facts(disks=(), links=links)).warnings)


@pytest.mark.parametrize(
    ("args", "messages"),
    [
        ("bridge=br9", "no such bridge on the host: 'br9'; did you mean 'br0'?"),
        ("bridge=lan", "no such bridge on the host: 'lan'; list the host's interfaces with: ip link"),
        ("type=direct,source=eht0", "no such network interface on the host: 'eht0'; did you mean 'eth0'?"),
    ],
)
def test_missing_network_interface_causes_a_warning(args: str, messages: str) -> None:
    """It is not an error, because a hook script may create the interface before the guest starts."""
    assert messages in warnings("--network", args)


def test_missing_bridges_are_reported_together() -> None:
    """One warning lists all missing bridges, each once."""
    args = ("--network", "bridge=wan", "--network", "bridge=br0", "--network", "bridge=lan", "--network", "bridge=lan")
    assert [line for line in warnings(*args).splitlines() if "--network" in line] == [
        "--network: no such bridge on the host: 'wan', 'lan'; list the host's interfaces with: ip link"
    ]


def test_hint_for_a_bridge_starts_its_inactive_network() -> None:
    """Most guides use virbr0, which libvirt creates when it starts the network."""
    given = ["--name", "x", "--memory", "512", "--disk", "none", "--import", "--network", "bridge=virbr0"]
    network = NetworkFacts(name="default", active=False, forward="nat", pxe=False, bridge="virbr0")
    start = "start the network of virbr0 with: virsh --connect qemu:///system net-start default"
    for active, hint in ((False, start), (True, "list the host's interfaces with: ip link")):
        known = {"default": network.replace(active=active)}
        found = compose(parse_request(given), HOST.facts(disks=(), links=("eth0", "lo"), networks=known)).warnings
        assert f"--network: no such bridge on the host: 'virbr0'; {hint}" in found


def test_existing_bridge_causes_no_warning() -> None:
    """Bridges of a remote host are not checked."""
    assert "bridge" not in warnings("--network", "bridge=br0")
    assert "bridge" not in warnings("--network", "bridge=br9", links=())
    assert "lo" in networks.links()


@pytest.mark.parametrize(
    ("model", "messages"),
    [("host-passthru", "did you mean 'host-passthrough'?"), ("Skylake-Clint", "did you mean 'Skylake-Client")],
)
def test_unknown_cpu_model_causes_a_warning(model: str, messages: str) -> None:
    """libvirt would report the unknown name only when the guest starts."""
    assert f"--cpu {model}: unknown CPU model; {messages}" in warnings("--cpu", model)


@pytest.mark.parametrize("cpu", ["host-passthrough", "host-model", "Skylake-Client", "host", "Nehalem,+vmx"])
def test_known_cpu_model_causes_no_warning(cpu: str) -> None:
    """Modes, models that libvirt lists, and old keywords are accepted."""
    assert "--cpu" not in warnings("--cpu", cpu)


@pytest.mark.parametrize("args", [(), ("--arch", "x86_64")])
def test_unknown_machine_type_is_an_error(args: tuple[str, ...]) -> None:
    """The hint suggests a similar machine type, with and without --arch."""
    with pytest.raises(RequestError, match="--machine q36: unknown machine type for x86_64") as caught:
        warnings("--machine", "q36", *args)
    assert str(caught.value.hint).startswith("did you mean 'q35'?")


@pytest.mark.parametrize(
    ("method", "hint"),
    [
        ("--import", "use --location or --cdrom, or --cloud-init with a cloud image"),
        ("--pxe", "use --location or --cdrom"),
    ],
)
def test_unattended_without_an_installer_is_an_error(method: str, hint: str) -> None:
    """For --import, the hint suggests --cloud-init, which configures a cloud image."""
    with pytest.raises(RequestError, match=f"--unattended and {method} cannot be used together") as caught:
        validate_request(parse_request(["--name", "x", "--memory", "512", "--unattended", method]))
    assert caught.value.hint == hint


IMAGE = PathFacts(path="/d.img", kind="file", format="raw", capacity_bytes=8 << 30)


@pytest.mark.parametrize(
    ("size", "found", "warning"),
    [
        ("8", IMAGE, None),
        ("9", IMAGE, "an existing image of 8 GiB; enlarge the image with: qemu-img resize /d.img 9G"),
        ("8.5", IMAGE, "an existing image of 8 GiB; enlarge the image with: qemu-img resize /d.img 9126805504"),
        ("7", IMAGE, "--disk /d.img: size= has no effect on an existing image of 8 GiB"),
        (
            "9",
            IMAGE.replace(capacity_bytes=None),
            "on an existing image; enlarge the image with: qemu-img resize /d.img 9G",
        ),
        ("9", PathFacts(path="/d.img", kind="block", format="raw"), "has no effect on an existing image"),
    ],
)
def test_different_size_of_an_existing_image_causes_a_warning(size: str, found: PathFacts, warning: str | None) -> None:
    """Guides create an image and then repeat its size. The warning contains the command that enlarges it."""
    request = parse_request(["--name", "x", "--memory", "512", "--import", "--disk", f"/d.img,size={size}"])
    lines = compose(request, HOST.facts(disks=(DiskFacts(path=found),))).warnings
    assert [line for line in lines if "size=" in line and line.endswith(warning or "")] == [
        line for line in lines if "size=" in line
    ]
    assert any("size=" in line for line in lines) is (warning is not None)


@pytest.mark.parametrize(
    ("disks", "facts", "hint"),
    [
        (
            ("/w.iso,device=cdrom", "/d.img"),
            ("cdrom", "file"),
            "--cdrom /w.iso instead of --disk /w.iso,device=cdrom",
        ),
        (("/d.img",), ("d",), "--import"),
        (
            ("/n.img,size=5",),
            (None,),
            "use --location URL, --cdrom PATH, --image NAME, --import, --pxe or --install OS",
        ),
        (("none",), (), "use --location URL, --cdrom PATH, --image NAME, --import, --pxe or --install OS"),
    ],
)
def test_missing_install_method_has_a_hint(disks: tuple[str, ...], facts: tuple[str | None, ...], hint: str) -> None:
    """Older versions of virt-install booted the medium of a --disk; guides still rely on that."""
    given = [word for disk in disks for word in ("--disk", disk)]
    found = tuple(DiskFacts(path=PathFacts(path="/x", kind=None if each is None else "file")) for each in facts)
    with pytest.raises(RequestError, match="an install method must be specified") as caught:
        compose(parse_request(["--name", "x", "--memory", "512", *given]), HOST.facts(disks=found))
    assert caught.value.hint in (hint, f"for example: {hint}")


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (("--cdrom", "/i.iso"), "use --location, which also accepts an ISO image, instead of --cdrom"),
        (("--import",), "use --location, or --install kernel=PATH,initrd=PATH"),
    ],
)
def test_kernel_arguments_require_an_install_kernel(args: tuple[str, ...], hint: str) -> None:
    """With --cdrom, the hint suggests --location, which boots the kernel on the medium."""
    given = ["--name", "x", "--memory", "512", "--disk", "none", *args, "--extra-args", "console=ttyS0"]
    with pytest.raises(RequestError, match="--extra-args requires an install kernel") as caught:
        compose(parse_request(given), HOST.facts(disks=()))
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (
            ("--paravirt",),
            "omit --paravirt, or use a Xen host, for example: --connect xen+ssh://root@xen.example.com/system",
        ),
        (
            ("--virt-type", "xen"),
            "omit --virt-type xen, or use a Xen host, for example: --connect xen+ssh://root@xen.example.com/system",
        ),
        (("--virt-type", "kvm", "--arch", "aarch64"), "use --virt-type qemu"),
        (("--virt-type", "bhyve"), "use --virt-type kvm or --virt-type qemu"),
        (("--arch", "sparc"), "use --arch aarch64, "),
    ],
)
def test_unsupported_platform_is_an_error(args: tuple[str, ...], hint: str) -> None:
    """The hint names the option to change instead of all architectures."""
    with pytest.raises(RequestError, match="the host does not support") as caught:
        warnings(*args)
    assert str(caught.value.hint).startswith(hint)

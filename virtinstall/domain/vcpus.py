"""`--vcpus`: number and placement of vCPUs.

Source: https://libvirt.org/formatdomain.html#cpu-allocation
"""

from __future__ import annotations

from collections.abc import Callable

from virtinstall.domain.cpu import Cpu
from virtinstall.domain.section import Section
from virtinstall.xml.children import Child, Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, TEXT, YES_NO, parse_integer


class Vcpu(Element):
    """<vcpu> below <vcpus>: one vCPU that can be hot-plugged separately."""

    tag = "vcpu"

    id: XmlField[int] = XmlField("./@id", INTEGER, "ID of the vCPU, starting at 0.")
    enabled: XmlField[bool] = XmlField("./@enabled", YES_NO, "Whether the vCPU is enabled at boot.")
    hotpluggable: XmlField[bool] = XmlField("./@hotpluggable", YES_NO, "Whether the vCPU can be unplugged.")
    order: XmlField[int] = XmlField(
        "./@order", INTEGER, "Position in the order in which vCPUs are added, starting at 1."
    )


def _set_maximum(domain: Vcpus, text: str) -> None:
    """Set the maximum before `vcpu` is set, which is then the number of vCPUs at boot."""
    domain.vcpu = parse_integer(text) if text else None
    if text:
        domain.settings["maxvcpus"] = True
    else:
        domain.settings.pop("maxvcpus", None)


def _set_count(domain: Vcpus, text: str) -> None:
    count = parse_integer(text) if text else None
    if domain.settings.get("maxvcpus"):
        domain.vcpu_current = count
    else:
        domain.vcpu = count


def _set_cpuset(domain: Vcpus, text: str) -> None:
    if text == "auto":
        domain.vcpu_cpuset, domain.vcpu_placement = None, "auto"
    else:
        domain.vcpu_cpuset = text or None


def _topology_setter(attribute: str) -> Callable[[Vcpus, str], None]:
    def set_topology(domain: Vcpus, text: str) -> None:
        setattr(domain.cpu, attribute, parse_integer(text) if text else None)

    return set_topology


class Vcpus(Section):
    """<vcpu> and <vcpus>; mixed into `Domain`."""

    bare = ("vcpu",)

    maximum_option = Suboption(
        "maxvcpus",
        _set_maximum,
        "Maximum number of vCPUs; `vcpu` is then the number at boot.",
        match=True,
        kind_name="integer",
    )
    sockets_option = Suboption(
        "sockets",
        _topology_setter("topology_sockets"),
        "Number of CPU sockets; omitted parts of the topology are computed.",
        match=True,
        kind_name="integer",
    )
    dies_option = Suboption(
        "dies", _topology_setter("topology_dies"), "Number of dies per socket.", match=True, kind_name="integer"
    )
    cores_option = Suboption(
        "cores", _topology_setter("topology_cores"), "Number of cores per die.", match=True, kind_name="integer"
    )
    threads_option = Suboption(
        "threads", _topology_setter("topology_threads"), "Number of threads per core.", match=True, kind_name="integer"
    )
    count_option = Suboption(
        "vcpu", _set_count, "Number of vCPUs.", aliases=("vcpus",), match=True, kind_name="integer"
    )
    vcpu: XmlField[int] = XmlField("./vcpu", INTEGER, "Maximum number of vCPUs.", name=None)
    vcpu_current: XmlField[int] = XmlField("./vcpu/@current", INTEGER, "Number of vCPUs at boot.")
    cpuset_option = Suboption(
        "vcpu.cpuset",
        _set_cpuset,
        "Host CPUs to run on, such as `0-3,^2`, or `auto` to let numad choose.",
        aliases=("cpuset",),
        commas=True,
        match=True,
    )
    vcpu_cpuset: XmlField[str] = XmlField("./vcpu/@cpuset", TEXT, "Host CPUs that the vCPUs run on.", name=None)
    vcpu_placement: XmlField[str] = XmlField(
        "./vcpu/@placement", TEXT, "Selection of the host CPUs: `static`, or `auto` (by numad).", aliases=("placement",)
    )
    vcpus: Children[Vcpu] = Children("./vcpus/vcpu", Vcpu, "vCPUs that can be hot-plugged separately.")
    cpu: Child[Cpu] = Child("./cpu", Cpu, prefix=None)

"""`--cputune`: the host CPUs that run the guest, and the guest's share of these CPUs.

Source: https://libvirt.org/formatdomain.html#cpu-tuning
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT


class VcpuPin(Element):
    """<vcpupin>: the host CPUs on which one vCPU can run."""

    tag = "vcpupin"

    vcpu: XmlField[int] = XmlField("./@vcpu", INTEGER, "ID of the vCPU.")
    cpuset: XmlField[str] = XmlField("./@cpuset", TEXT, "Host CPUs that run the vCPU, such as `0-3,^2`.", commas=True)


class IothreadPin(Element):
    """<iothreadpin>: the host CPUs on which one I/O thread can run."""

    tag = "iothreadpin"

    iothread: XmlField[int] = XmlField("./@iothread", INTEGER, "ID of the I/O thread.")
    cpuset: XmlField[str] = XmlField(
        "./@cpuset", TEXT, "Host CPUs that run the I/O thread, such as `0-3,^2`.", commas=True
    )


class VcpuSched(Element):
    """<vcpusched>: the scheduler for some vCPUs."""

    tag = "vcpusched"

    vcpus: XmlField[str] = XmlField("./@vcpus", TEXT, "vCPUs with this scheduler, such as `0-3`.", commas=True)
    scheduler: XmlField[str] = XmlField("./@scheduler", TEXT, "Scheduler: `fifo`, `rr`, `batch`, `idle`.")
    priority: XmlField[int] = XmlField("./@priority", INTEGER, "Priority with `fifo` and `rr`, 1 to 99.")


class IothreadSched(Element):
    """<iothreadsched>: the scheduler for some I/O threads."""

    tag = "iothreadsched"

    iothreads: XmlField[str] = XmlField(
        "./@iothreads", TEXT, "I/O threads with this scheduler, such as `1-2`.", commas=True
    )
    scheduler: XmlField[str] = XmlField("./@scheduler", TEXT, "Scheduler: `fifo`, `rr`, `batch`, `idle`.")
    priority: XmlField[int] = XmlField("./@priority", INTEGER, "Priority with `fifo` and `rr`, 1 to 99.")


class CacheShare(Element):
    """<cache>: the part of a host CPU cache that some vCPUs can use."""

    tag = "cache"

    id: XmlField[int] = XmlField("./@id", INTEGER, "ID of the host's cache.")
    level: XmlField[int] = XmlField("./@level", INTEGER, "Level of the cache, such as `3`.")
    type: XmlField[str] = XmlField("./@type", TEXT, "Type of the cache: `both`, `code`, `data`.")
    size: XmlField[int] = XmlField("./@size", INTEGER, "Size of the cache allocation, in `unit`.")
    unit: XmlField[str] = XmlField("./@unit", TEXT, "Unit of `size`, such as `MiB`.")


class CacheMonitor(Element):
    """<monitor>: the measurement of how much of the host's CPU cache some vCPUs use."""

    tag = "monitor"

    level: XmlField[int] = XmlField("./@level", INTEGER, "Level of the cache, such as `3`.")
    vcpus: XmlField[str] = XmlField("./@vcpus", TEXT, "vCPUs measured together, such as `0-3`.", commas=True)


class CacheTune(Element):
    """<cachetune>: the share of the host's CPU cache that some vCPUs can use."""

    tag = "cachetune"

    vcpus: XmlField[str] = XmlField(
        "./@vcpus", TEXT, "vCPUs that use the cache allocation, such as `0-3`.", commas=True
    )
    caches: Children[CacheShare] = Children("./cache", CacheShare, "Parts of the caches.")
    monitors: Children[CacheMonitor] = Children("./monitor", CacheMonitor, "Measurements.")


class MemoryBandwidth(Element):
    """<node>: the share of the memory bandwidth of one of the host's NUMA nodes."""

    tag = "node"

    id: XmlField[int] = XmlField("./@id", INTEGER, "ID of the host NUMA node.")
    bandwidth: XmlField[int] = XmlField("./@bandwidth", INTEGER, "Share of the node's memory bandwidth, in percent.")


class MemoryTune(Element):
    """<memorytune>: the share of the host's memory bandwidth that some vCPUs can use."""

    tag = "memorytune"

    vcpus: XmlField[str] = XmlField("./@vcpus", TEXT, "vCPUs that the limit applies to, such as `0-3`.", commas=True)
    nodes: Children[MemoryBandwidth] = Children("./node", MemoryBandwidth, "Shares by NUMA node.")


class Cputune(Section):
    """<cputune>: CPU shares and limits, pinning, schedulers, caches and memory bandwidth."""

    tag = "cputune"
    none_word = "value"

    shares: XmlField[int] = XmlField("./shares", INTEGER, "CPU weight relative to other guests.")
    period: XmlField[int] = XmlField("./period", INTEGER, "Period for `quota`, in microseconds.")
    quota: XmlField[int] = XmlField(
        "./quota", INTEGER, "Maximum CPU time of a vCPU per period, in microseconds; `-1`: unlimited."
    )
    global_period: XmlField[int] = XmlField("./global_period", INTEGER, "Period for `global_quota`, in microseconds.")
    global_quota: XmlField[int] = XmlField(
        "./global_quota", INTEGER, "Maximum CPU time of the whole guest per period, in microseconds."
    )
    emulator_period: XmlField[int] = XmlField(
        "./emulator_period", INTEGER, "Period for `emulator_quota`, in microseconds."
    )
    emulator_quota: XmlField[int] = XmlField(
        "./emulator_quota", INTEGER, "Maximum CPU time of the emulator per period, in microseconds."
    )
    iothread_period: XmlField[int] = XmlField(
        "./iothread_period", INTEGER, "Period for `iothread_quota`, in microseconds."
    )
    iothread_quota: XmlField[int] = XmlField(
        "./iothread_quota", INTEGER, "Maximum CPU time of an I/O thread per period, in microseconds."
    )
    vcpupins: Children[VcpuPin] = Children("./vcpupin", VcpuPin, "Pinning of vCPUs.")
    emulatorpin_cpuset: XmlField[str] = XmlField(
        "./emulatorpin/@cpuset", TEXT, "Host CPUs that run the emulator, such as `0-3,^2`.", commas=True
    )
    iothreadpins: Children[IothreadPin] = Children("./iothreadpin", IothreadPin, "Pinning of I/O threads.")
    emulatorsched_scheduler: XmlField[str] = XmlField(
        "./emulatorsched/@scheduler", TEXT, "Scheduler of the emulator: `fifo`, `rr`, `batch`, `idle`."
    )
    emulatorsched_priority: XmlField[int] = XmlField(
        "./emulatorsched/@priority", INTEGER, "Priority of the emulator with `fifo` and `rr`, 1 to 99."
    )
    vcpuscheds: Children[VcpuSched] = Children("./vcpusched", VcpuSched, "Schedulers of vCPUs.")
    iothreadscheds: Children[IothreadSched] = Children("./iothreadsched", IothreadSched, "Schedulers of I/O threads.")
    cachetunes: Children[CacheTune] = Children("./cachetune", CacheTune, "Host CPU cache.")
    memorytunes: Children[MemoryTune] = Children("./memorytune", MemoryTune, "Host memory bandwidth.")

"""`--cputune`: which host CPUs run the guest, and how much of them.

Source: https://libvirt.org/formatdomain.html#cpu-tuning
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT


class VcpuPin(Element):
    """<vcpupin>: host CPUs of one vCPU."""

    tag = "vcpupin"

    vcpu = XmlField("./@vcpu", INTEGER, "Number of the vCPU.")
    cpuset = XmlField("./@cpuset", TEXT, "Host CPUs that run it, such as `0-3,^2`.", commas=True)


class IothreadPin(Element):
    """<iothreadpin>: host CPUs of one I/O thread."""

    tag = "iothreadpin"

    iothread = XmlField("./@iothread", INTEGER, "Number of the I/O thread.")
    cpuset = XmlField("./@cpuset", TEXT, "Host CPUs that run it, such as `0-3,^2`.", commas=True)


class VcpuSched(Element):
    """<vcpusched>: scheduler of some vCPUs."""

    tag = "vcpusched"

    vcpus = XmlField("./@vcpus", TEXT, "vCPUs it is about, such as `0-3`.", commas=True)
    scheduler = XmlField("./@scheduler", TEXT, "Scheduler: `fifo`, `rr`, `batch`, `idle`.")
    priority = XmlField("./@priority", INTEGER, "Priority with `fifo` and `rr`, 1 to 99.")


class IothreadSched(Element):
    """<iothreadsched>: scheduler of some I/O threads."""

    tag = "iothreadsched"

    iothreads = XmlField("./@iothreads", TEXT, "I/O threads it is about, such as `1-2`.", commas=True)
    scheduler = XmlField("./@scheduler", TEXT, "Scheduler: `fifo`, `rr`, `batch`, `idle`.")
    priority = XmlField("./@priority", INTEGER, "Priority with `fifo` and `rr`, 1 to 99.")


class CacheShare(Element):
    """<cache>: part of the host's CPU cache."""

    tag = "cache"

    id = XmlField("./@id", INTEGER, "Number of the host's cache.")
    level = XmlField("./@level", INTEGER, "Level of the cache, such as `3`.")
    type = XmlField("./@type", TEXT, "What is cached: `both`, `code`, `data`.")
    size = XmlField("./@size", INTEGER, "How much of it, in `unit`.")
    unit = XmlField("./@unit", TEXT, "Unit of the size, such as `MiB`.")


class CacheMonitor(Element):
    """<monitor>: use of the host's CPU cache, measured."""

    tag = "monitor"

    level = XmlField("./@level", INTEGER, "Level of the cache, such as `3`.")
    vcpus = XmlField("./@vcpus", TEXT, "vCPUs measured together, such as `0-3`.", commas=True)


class CacheTune(Element):
    """<cachetune>: the host's CPU cache for some vCPUs."""

    tag = "cachetune"

    vcpus = XmlField("./@vcpus", TEXT, "vCPUs it is about, such as `0-3`.", commas=True)
    caches = Children("./cache", CacheShare, "Parts of the caches.")
    monitors = Children("./monitor", CacheMonitor, "Measurements.")


class MemoryBandwidth(Element):
    """<node>: share of one NUMA node's memory bandwidth."""

    tag = "node"

    id = XmlField("./@id", INTEGER, "Number of the host's NUMA node.")
    bandwidth = XmlField("./@bandwidth", INTEGER, "Share of its memory bandwidth, in percent.")


class MemoryTune(Element):
    """<memorytune>: the host's memory bandwidth for some vCPUs."""

    tag = "memorytune"

    vcpus = XmlField("./@vcpus", TEXT, "vCPUs it is about, such as `0-3`.", commas=True)
    nodes = Children("./node", MemoryBandwidth, "Shares by NUMA node.")


class Cputune(Section):
    """<cputune>: shares, limits, pinning, schedulers, caches."""

    tag = "cputune"
    option = "--cputune"
    none_word = "value"

    shares = XmlField("./shares", INTEGER, "Weight against other guests.")
    period = XmlField("./period", INTEGER, "Period of the vCPUs' quota, in microseconds.")
    quota = XmlField("./quota", INTEGER, "Time a vCPU may take in a period, in microseconds; -1 is any.")
    global_period = XmlField("./global_period", INTEGER, "Period of the whole guest's quota, in microseconds.")
    global_quota = XmlField("./global_quota", INTEGER, "Time the whole guest may take in a period, in microseconds.")
    emulator_period = XmlField("./emulator_period", INTEGER, "Period of the emulator's quota, in microseconds.")
    emulator_quota = XmlField("./emulator_quota", INTEGER, "Time the emulator may take in a period, in microseconds.")
    iothread_period = XmlField("./iothread_period", INTEGER, "Period of the I/O threads' quota, in microseconds.")
    iothread_quota = XmlField("./iothread_quota", INTEGER, "Time an I/O thread may take in a period, in microseconds.")
    vcpupins = Children("./vcpupin", VcpuPin, "Pinning of vCPUs.")
    emulatorpin_cpuset = XmlField(
        "./emulatorpin/@cpuset", TEXT, "Host CPUs that run the emulator, such as `0-3,^2`.", commas=True
    )
    iothreadpins = Children("./iothreadpin", IothreadPin, "Pinning of I/O threads.")
    emulatorsched_scheduler = XmlField(
        "./emulatorsched/@scheduler", TEXT, "Scheduler of the emulator: `fifo`, `rr`, `batch`, `idle`."
    )
    emulatorsched_priority = XmlField(
        "./emulatorsched/@priority", INTEGER, "Its priority with `fifo` and `rr`, 1 to 99."
    )
    vcpuscheds = Children("./vcpusched", VcpuSched, "Schedulers of vCPUs.")
    iothreadscheds = Children("./iothreadsched", IothreadSched, "Schedulers of I/O threads.")
    cachetunes = Children("./cachetune", CacheTune, "CPU cache of the host.")
    memorytunes = Children("./memorytune", MemoryTune, "Memory bandwidth of the host.")

"""Create many guests with the library in one process, on libvirt's test driver: `python -m benchmarks.guests 1000`."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

import virtinstall

URI = "test:///default"
MIB = 1 << 20


class Figures(NamedTuple):
    """Speed and memory.

    `tenth` and `last`: milliseconds per guest, median of eleven guests around the tenth and of the last eleven.
    `grown`: memory growth after the first tenth of the guests. `driver_grown`: growth for the same guests without
    this library, because the test driver keeps them in this process.
    """

    per_second: float
    tenth_milliseconds: float
    last_milliseconds: float
    grown_mib: float
    driver_grown_mib: float


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def create_guests(count: int) -> Figures:
    """Create `count` guests, each from a command line. Raises: VirtInstallError."""
    hypervisor = virtinstall.connect(URI)
    seconds = []
    begin = time.perf_counter()
    grown_from = 0
    for number in range(count):
        start = time.perf_counter()
        args = ["--name", f"many-{number}", "--memory", "64", "--osinfo", "debian11", "--disk", "none", "--import"]
        request = virtinstall.parse_request([*args, "--network", "default", "--graphics", "none"])
        plan = hypervisor.plan(request)
        hypervisor.create(plan)
        seconds.append(time.perf_counter() - start)
        if number == count // 10:
            grown_from = _resident_bytes()
    total = time.perf_counter() - begin
    grown = _resident_bytes() - grown_from
    hypervisor.close()
    args = [sys.executable, "-m", "benchmarks.guests", str(count), "-"]
    driver = subprocess.run(args, input=plan.steps[-1], capture_output=True, text=True, check=True).stdout
    tenth, last = statistics.median(seconds[4:15]), statistics.median(seconds[-11:])
    return Figures(count / total, tenth * 1000, last * 1000, grown / MIB, int(driver) / MIB)


def driver_growth(count: int, xml: str) -> int:
    """Return the memory growth in bytes after the first tenth of the guests, created with libvirt's binding alone."""
    import libvirt

    connection = libvirt.open(URI)
    uuid = xml[xml.index("<uuid>") + 6 : xml.index("</uuid>")]
    name = xml[xml.index("<name>") + 6 : xml.index("</name>")]
    for number in range(count):
        if number == count // 10 + 1:
            grown_from = _resident_bytes()
        new = f"{number:08x}{uuid[8:]}"
        connection.defineXML(xml.replace(uuid, new).replace(name, f"many-{number}")).create()
    return _resident_bytes() - grown_from


if __name__ == "__main__":
    if sys.argv[2:] == ["-"]:
        print(driver_growth(int(sys.argv[1]), sys.stdin.read()))
    else:
        print(json.dumps(create_guests(int(sys.argv[1]))._asdict()))

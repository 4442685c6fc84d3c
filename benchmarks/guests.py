"""Many guests made through the library by one process, on libvirt's test driver. `python -m benchmarks.guests 1000`."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from typing import NamedTuple

import virtinstall

URI = "test:///default"


class Figures(NamedTuple):
    """`tenth` and `last`: milliseconds of a guest, median of the eleven around the tenth and of the last eleven."""

    per_second: float
    tenth_milliseconds: float
    last_milliseconds: float
    grown_mib: float


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def make_guests(count: int) -> Figures:
    """Make `count` guests, each planned and defined from a command line. Raises: VirtInstallError."""
    host = virtinstall.open_host(URI)
    seconds = []
    begin = time.perf_counter()
    grown_from = 0
    for number in range(count):
        start = time.perf_counter()
        words = ["--name", f"many-{number}", "--memory", "64", "--osinfo", "debian11", "--disk", "none", "--import"]
        request = virtinstall.parse_request([*words, "--network", "default", "--graphics", "none"])
        virtinstall.create_guest(virtinstall.plan_guest(request, host), host)
        seconds.append(time.perf_counter() - start)
        if number == count // 10:
            grown_from = _resident_bytes()
    total = time.perf_counter() - begin
    grown = _resident_bytes() - grown_from
    host.close()
    tenth, last = statistics.median(seconds[4:15]), statistics.median(seconds[-11:])
    return Figures(count / total, tenth * 1000, last * 1000, grown / (1 << 20))


if __name__ == "__main__":
    print(json.dumps(make_guests(int(sys.argv[1]))._asdict()))

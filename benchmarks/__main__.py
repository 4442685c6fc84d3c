"""Compare this virt-install ("ours") with the distribution's ("theirs") and print a Markdown table.

Needs root, libvirtd (qemu:///system), QEMU, curl and xorriso.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import measure
from benchmarks.cases import DISKS, GUEST, Case, command_lines, fetches
from benchmarks.media import make_iso, make_tree, served

DISK_BYTES = 20 << 30
ROWS = ("| what | figure | ours | theirs | ours / theirs | target |", "|---|---|---:|---:|---:|---:|")


def main() -> int:
    """Measure and print; return 1 if a target is missed."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir="/var/tmp") as scratch:
        environ = _environ(Path(scratch))
        os.chmod(scratch, 0o755)  # QEMU's user reads there
        os.chdir(scratch)
        for number in range(DISKS):
            with open(f"disk-{number}.img", "wb") as disk:
                disk.truncate(DISK_BYTES)
        programs = (shlex.split(options.ours), shlex.split(options.theirs))
        print(_machine(programs, environ), *ROWS, sep="\n", flush=True)
        good = [_measured(case, programs, environ, options.rounds) for case in command_lines()]
        if not options.quick:
            good += _fetched(Path(scratch), programs, environ, options.rounds)
        good.append(_guests(options.guests))
    return 0 if all(good) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--ours", default=f"{sys.executable} -m virtinstall", help="command (default: %(default)s)")
    parser.add_argument("--theirs", default="/usr/bin/virt-install", help="command (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=15, help="measured runs of each (default: %(default)s)")
    parser.add_argument("--guests", type=int, default=1000, help="guests of one process (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="skip the downloads")
    return parser.parse_args()


def _environ(scratch: Path) -> dict[str, str]:
    """Return the environment: caches and bytecode are kept between runs."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    project = str(Path(__file__).parents[1])
    return {**environ, "PYTHONPATH": project, "BENCHMARK_LOG": str(scratch / "log")}


def _machine(programs: tuple[list[str], ...], environ: dict[str, str]) -> str:
    versions = [
        subprocess.run([*args, "--version"], env=environ, capture_output=True, text=True, check=True).stdout.strip()
        for args in programs
    ]
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        cpu = next((line.split(":")[1].strip() for line in cpuinfo if line.startswith("model name")), "?")
    return (
        f"ours {versions[0]}, theirs virt-install {versions[1]}; {os.cpu_count()} x {cpu}, "
        f"Linux {platform.release()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}\n"
    )


def _measured(case: Case, programs: tuple[list[str], ...], environ: dict[str, str], rounds: int) -> bool:
    """Print the rows of a case; return whether all targets are met."""
    runs = [partial(_once, case, args, environ) for args in programs]
    ours, theirs = measure.alternate(runs, min(rounds, case.rounds or rounds))
    rows = {
        "CPU": (ours.cpu_seconds, theirs.cpu_seconds, "s"),
        "elapsed": (ours.wall_seconds, theirs.wall_seconds, "s"),
        "memory": (ours.memory_mib, theirs.memory_mib, "MiB"),
    }
    targets = dict(case.targets())
    for figure, (mine, their, unit) in rows.items():
        target = targets.get(figure)
        if target is not None:
            print(f"| {case.title} | {figure}, {unit} | {mine:.3g} | {their:.3g} | {mine / their:.2f} | {target:.2f} |")
    sys.stdout.flush()
    return all(rows[figure][0] / rows[figure][1] <= target for figure, target in targets.items())


def _once(case: Case, args: list[str], environ: dict[str, str]) -> measure.Cost:
    try:
        return measure.run([*args, *case.args], environ)
    finally:
        if case.connect:
            for command in (["destroy", GUEST], ["undefine", GUEST, "--nvram", "--tpm"]):
                subprocess.run(["virsh", "-q", "-c", case.connect, *command], capture_output=True, check=False)


def _fetched(scratch: Path, programs: tuple[list[str], ...], environ: dict[str, str], rounds: int) -> list[bool]:
    tree = make_tree(scratch / "tree")
    iso = make_iso(tree, scratch / "media.iso")
    with served(tree) as url:
        good = [_measured(case, programs, environ, rounds) for case in fetches(url, str(iso))]
        files = [f"{url}images/pxeboot/{name}" for name in ("vmlinuz", "initrd.img")]
        outputs = [word for number in range(2) for word in ("-o", str(scratch / f"curl-{number}"))]
        curl: Callable[[], measure.Cost] = partial(measure.run, ["curl", "-s", *outputs, *files], environ)
        [cost] = measure.alternate([curl], 3)
    print(f"| the same URLs with curl | elapsed, s | {cost.wall_seconds:.3g} | | | |", flush=True)
    return good


def _guests(count: int) -> bool:
    """Measure many guests; each run is a new process, because the test driver keeps its guests in the process."""
    args = [sys.executable, "-m", "benchmarks.guests", str(count)]
    runs = [
        json.loads(subprocess.run(args, capture_output=True, check=True, cwd=Path(__file__).parents[1]).stdout)
        for _ in range(3)
    ]
    seen = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    title = f"{count} guests in one process, test driver"
    print(f"| {title} | guests/s | {seen['per_second']:.0f} | | | >= 90 |")
    print(
        f"| {title} | last guest, ms | {seen['last_milliseconds']:.2f} | | "
        f"{seen['last_milliseconds'] / seen['tenth_milliseconds']:.2f} (to the tenth guest) | 1.0 |"
    )
    print(
        f"| {title} | memory growth, MiB | {seen['grown_mib']:.1f} | "
        f"{seen['driver_grown_mib']:.1f} (libvirt's driver alone) | | |",
        flush=True,
    )
    return bool(seen["per_second"] >= 90)


if __name__ == "__main__":
    sys.exit(main())

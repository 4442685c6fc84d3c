"""Every option of the command line, once: spellings, argument, group, help.

Source: the interface of virt-install (spellings, hidden old ones, groups). Sub-options
are not listed here: they follow from the fields of the class that `section` names.
"""

from __future__ import annotations

from virtinstall.devices.table import DEVICES as DEVICE_ROWS
from virtinstall.devices.table import DeviceRow
from virtinstall.named import NamedTuple

GENERAL = "General options"
INSTALL = "Installation and boot"
OS = "Operating system"
DEVICES = "Devices"
GUEST = "Guest configuration"
PLATFORM = "Virtualization platform"
KUBEVIRT = "KubeVirt manifest"
MISC = "Miscellaneous"


class Option(NamedTuple):
    """An option.

    `argument` is "none", "required" or "optional"; `bare` is the value of an option whose optional argument is omitted.
    `section` is the "module:Class" whose fields are the sub-options, empty for a plain value. `describes` is the
    subject of the sub-options: a "device" or "section" of the domain's XML, the "run", or "" for a plain value. `kind`
    is the type of a plain value: "text", "integer" or "number". `stores` is the value of a flag that is used. A
    `hidden` option is accepted, but not shown in the help.
    """

    names: tuple[str, ...]
    dest: str
    group: str
    help: str
    argument: str = "required"
    repeat: bool = False
    hidden: bool = False
    section: str = ""
    kind: str = "text"
    bare: str = ""
    stores: str | bool = True
    metavar: str = ""
    describes: str = ""

    @property
    def is_xml(self) -> bool:
        """Whether the option describes XML of the domain."""
        return self.describes in ("device", "section")


def _value(names: str, dest: str, group: str, text: str, metavar: str = "VALUE", kind: str = "text") -> Option:
    return Option(tuple(names.split()), dest, group, text, metavar=metavar, kind=kind)


def _flag(names: str, dest: str, group: str, text: str, stores: str | bool = True) -> Option:
    return Option(tuple(names.split()), dest, group, text, argument="none", stores=stores)


def _old(names: str, dest: str, group: str, text: str, kind: str = "text", repeat: bool = False) -> Option:
    return Option(tuple(names.split()), dest, group, text, hidden=True, kind=kind, repeat=repeat)


def _old_flag(names: str, dest: str, group: str, text: str) -> Option:
    return Option(tuple(names.split()), dest, group, text, argument="none", hidden=True)


def _device(row: DeviceRow) -> Option:
    spellings = tuple(row.option.split())
    return Option(
        spellings,
        spellings[-1].lstrip("-").replace("-", "_"),
        DEVICES,
        row.help,
        argument="optional" if row.bare else "required",
        repeat=True,
        section=f"virtinstall.devices.{row.tag}:{row.cls}",
        bare=row.bare,
        describes="device",
    )


def _hidden_device(name: str, tag: str) -> Option:
    """Return an option with an old name of a device's option."""
    today = _device(next(row for row in DEVICE_ROWS if row.tag == tag))
    return today._replace(names=(name,), help=f"Old form of {today.names[-1]}.", hidden=True)


def _help_order(row: DeviceRow) -> int:
    return _FIRST_DEVICES.index(row.tag) if row.tag in _FIRST_DEVICES else len(_FIRST_DEVICES)


def _domain(names: str, module: str, cls: str, text: str, group: str = GUEST) -> Option:
    spellings = tuple(names.split())
    dest = spellings[0].lstrip("-").replace("-", "_")
    section = f"virtinstall.domain.{module}:{cls}"
    return Option(spellings, dest, group, text, repeat=True, section=section, describes="section")


def _holder(names: str, cls: str, group: str, text: str, repeat: bool = False, bare: str = "") -> Option:
    spellings = tuple(names.split())
    return Option(
        spellings,
        next(name for name in spellings if name.startswith("--")).lstrip("-").replace("-", "_"),
        group,
        text,
        argument="optional" if bare else "required",
        repeat=repeat,
        section=f"virtinstall.options.sections:{cls}",
        bare=bare,
        describes="run",
    )


_GENERAL = (
    _value(
        "--connect",
        "connect",
        GENERAL,
        "Connection URI of libvirt (default: libvirt's); `embed` runs libvirt's QEMU driver in this process.",
        "URI",
    ),
    _value("-n --name", "name", GENERAL, "Name of the guest.", "NAME"),
    _value(
        "--count",
        "count",
        GENERAL,
        "Number of guests; in other options, `{n}` is the number of each guest, from 1.",
        "N",
        kind="integer",
    ),
    _domain("--memory", "memory", "Memory", "Memory in MiB, or with a unit: `4096`, `4G`.", GENERAL),
    _old("-r --ram", "ram", GENERAL, "Old form of --memory."),
    _domain("--cpu", "cpu", "Cpu", "CPU model and features: `host-passthrough`; or `Skylake-Client,+vmx`.", GENERAL),
    _domain("--vcpus", "vcpus", "Vcpus", "Virtual CPUs: `4`; `4,maxvcpus=8`; or `sockets=2,cores=2`.", GENERAL),
    _old_flag("--check-cpu", "check_cpu", GENERAL, "Accepted without effect."),
    _old("--cpuset", "cpuset", GENERAL, "Old form of --vcpus cpuset=."),
    _domain("--metadata", "metadata", "Metadata", "Title, description, UUID and other metadata.", GENERAL),
    _domain(
        "--xml",
        "xml_edits",
        "XmlEdits",
        "Edit the resulting XML with XPath: `./@foo=bar`, `xpath.delete=./x`.",
        GENERAL,
    ),
    _old("-u --uuid", "uuid", GENERAL, "Old form of --metadata uuid=."),
    _old("--description", "description", GENERAL, "Old form of --metadata description=."),
)

_INSTALL = (
    _old("-c", "cdrom_short", INSTALL, "Old form of --cdrom."),
    _value("--cdrom", "cdrom", INSTALL, "ISO image or device to install from: a path or URL.", "PATH"),
    _holder(
        "-l --location",
        "Location",
        INSTALL,
        "Install tree or ISO image with kernel and initrd: a path or URL.",
    ),
    _flag("--pxe", "pxe", INSTALL, "Install by booting from the network."),
    _value(
        "--image",
        "image",
        INSTALL,
        "Boot a copy-on-write overlay of a disk image: `debian12`, a path or a URL; `list` prints the names.",
        "NAME",
    ),
    _flag("--import", "import_disk", INSTALL, "Boot an existing disk image instead of installing."),
    _old_flag("--livecd", "livecd", INSTALL, "Boot --cdrom as a live system, without an installation."),
    Option(
        ("-x", "--extra-args"),
        "extra_args",
        INSTALL,
        "Arguments for the kernel of the installer.",
        repeat=True,
        metavar="ARGS",
    ),
    Option(
        ("--initrd-inject",),
        "initrd_inject",
        INSTALL,
        "File to add to the root directory of the installer's initrd.",
        repeat=True,
        metavar="PATH",
    ),
    _holder("--unattended", "Unattended", INSTALL, "Answer the installer's questions automatically.", bare="1"),
    _holder(
        "--install",
        "Install",
        INSTALL,
        "System to install, or how the installer boots: `fedora36`, `kernel=PATH`, `no_install=on`.",
    ),
    _value(
        "--reinstall",
        "reinstall",
        INSTALL,
        "Reinstall an existing guest without changing its configuration.",
        "GUEST",
    ),
    _holder("--cloud-init", "CloudInit", INSTALL, "Configure a cloud image: users, SSH keys, packages.", bare="1"),
    _value(
        "--ignition",
        "ignition",
        INSTALL,
        "Ignition configuration for the first boot of a CoreOS-like system: a path or URL.",
        "FILE",
    ),
    _old("--test-media-detection", "test_media_detection", INSTALL, "Print the OS detected at a location."),
    _old_flag("--test-stub-command", "test_stub_command", INSTALL, "Accepted without effect."),
    _domain("--boot", "os", "Os", "Boot devices, firmware or kernel: `hd,network`; `uefi`; or `kernel=PATH`.", INSTALL),
    _old("--init", "init", INSTALL, "Old form of --boot init=."),
)

_OS = (
    _holder("--osinfo --os-variant", "OsInfo", OS, "Guest operating system: `debian12`; `list` prints the names."),
    _old("--os-type", "os_type_word", OS, "Accepted without effect."),
)

# the most common devices are first in the help; the others follow in libvirt's order
_FIRST_DEVICES = ("disk", "interface", "graphics")

_DEVICES = (
    *(_device(row) for row in sorted(DEVICE_ROWS, key=_help_order) if row.option),
    _hidden_device("--host-device", "hostdev"),
    _hidden_device("--soundhw", "sound"),
    _old("-f --file", "old_files", DEVICES, "Old form of --disk path=.", repeat=True),
    _old("-s --file-size", "old_sizes", DEVICES, "Old form of --disk size=.", kind="number", repeat=True),
    _old_flag("--nonsparse", "nonsparse", DEVICES, "Old form of --disk sparse=no."),
    _old_flag("--nodisks", "nodisks", DEVICES, "Old form of --disk none."),
    _old_flag("--nonetworks", "nonetworks", DEVICES, "Old form of --network none."),
    _old("-b --bridge", "old_bridges", DEVICES, "Old form of --network bridge=.", repeat=True),
    _old("-m --mac", "old_macs", DEVICES, "Old form of --network mac=.", repeat=True),
    _old_flag("--vnc", "vnc", DEVICES, "Old form of --graphics vnc."),
    _old("--vncport", "vncport", DEVICES, "Old form of --graphics port=.", kind="integer"),
    _old("--vnclisten", "vnclisten", DEVICES, "Old form of --graphics listen=."),
    _old("-k --keymap", "keymap", DEVICES, "Old form of --graphics keymap=."),
    _old_flag("--sdl", "sdl", DEVICES, "Old form of --graphics sdl."),
    _old_flag("--nographics", "nographics", DEVICES, "Old form of --graphics none."),
)

_GUEST = (
    _domain("--idmap", "idmap", "Idmap", "User and group ID mapping of a container."),
    _domain("--iothreads", "iothreads", "Iothreads", "Threads for disk I/O."),
    _domain("--seclabel --security", "seclabel", "Seclabel", "Security label of the guest's process."),
    _domain("--keywrap", "keywrap", "Keywrap", "Key wrapping (s390)."),
    _domain("--cputune", "cputune", "Cputune", "CPU pinning, shares and quotas."),
    _domain("--numatune", "numatune", "Numatune", "NUMA placement of the guest's memory."),
    _domain("--memtune", "memtune", "Memtune", "Memory limits."),
    _domain("--blkiotune", "blkiotune", "Blkiotune", "Disk I/O weights and limits."),
    _domain("--memorybacking", "memory_backing", "MemoryBacking", "Huge pages, locked or shared memory."),
    _domain("--features", "features", "Features", "Hypervisor features: `acpi=off`, `kvm_hidden=on`."),
    _domain("--clock", "clock", "Clock", "Clock offset and timers."),
    _domain("--pm", "pm", "Pm", "Suspend to memory and to disk: `suspend_to_mem=yes`."),
    _domain("--events", "events", "Events", "Actions on poweroff, reboot and crash."),
    _domain("--throttle", "throttle", "ThrottleGroup", "I/O limits shared by disks: `NAME,total_iops_sec=500`."),
    _domain("--perf", "perf", "Perf", "Host CPU performance events to count: `cpu_cycles,cache_misses`."),
    _domain("--resource", "resource", "Resource", "Resource partition (cgroup)."),
    _domain("--sysinfo", "sysinfo", "Sysinfo", "SMBIOS and fw_cfg values that the guest sees."),
    _domain("--qemu-commandline", "qemu_commandline", "QemuCommandline", "Command-line arguments for QEMU."),
    _domain("--qemu-override", "driver_extras", "QemuOverride", "QEMU device properties to override."),
    _domain("--qemu-capabilities", "driver_extras", "QemuCapabilities", "QEMU capabilities to add or remove."),
    _domain("--qemu-deprecation", "driver_extras", "QemuDeprecation", "Reaction to deprecated QEMU features."),
    _domain("--lxc-namespace", "driver_extras", "LxcNamespace", "Namespaces that an LXC container shares."),
    _domain("--bhyve-commandline", "driver_extras", "BhyveCommandline", "Command-line arguments for bhyve."),
    _domain("--xen-commandline", "driver_extras", "XenCommandline", "Command-line arguments for Xen's device model."),
    _domain("--iommufd", "iommufd", "Iommufd", "Access to host devices through `/dev/iommu`: `yes`."),
    _domain("--launchSecurity --launchsecurity", "launch_security", "LaunchSecurity", "Confidential guest: `sev`, ..."),
)

_PLATFORM = (
    _flag("-v --hvm", "os_type", PLATFORM, "Fully virtualized guest.", "hvm"),
    _flag("-p --paravirt", "os_type", PLATFORM, "Paravirtualized guest (Xen).", "xen"),
    _flag("--container", "os_type", PLATFORM, "Container guest.", "exe"),
    _value("--virt-type", "virt_type", PLATFORM, "Hypervisor: `kvm`, `qemu`, `xen`, ...", "TYPE"),
    _value("--arch", "arch", PLATFORM, "Architecture of the guest.", "ARCH"),
    _value("--machine", "machine", PLATFORM, "Machine type: `q35`, `virt`, ...", "MACHINE"),
    _old_flag("--accelerate", "accelerate", PLATFORM, "Accepted without effect."),
    _old_flag("--noapic", "noapic", PLATFORM, "Old form of --features apic=off."),
    _old_flag("--noacpi", "noacpi", PLATFORM, "Old form of --features acpi=off."),
)

_KUBEVIRT = (
    Option(
        ("--kubevirt-drop",),
        "kubevirt_drop",
        KUBEVIRT,
        "Options to omit from the manifest: `graphics` or `disk.snapshot,pm`; can be repeated.",
        repeat=True,
        metavar="OPTION",
    ),
    _value("--kubevirt-namespace", "kubevirt_namespace", KUBEVIRT, "Kubernetes namespace of the guest.", "NAME"),
    _value(
        "--kubevirt-run-strategy",
        "kubevirt_run_strategy",
        KUBEVIRT,
        "When the guest runs: `Always`, `RerunOnFailure`, `Manual`, `Halted`, `Once` or `WaitAsReceiver`.",
        "STRATEGY",
    ),
    _value(
        "--kubevirt-instancetype",
        "kubevirt_instancetype",
        KUBEVIRT,
        "Instance type that sets memory and vCPUs: `u1.medium`, `KIND/NAME`, or `infer` to use the boot disk's.",
        "NAME",
    ),
    _value(
        "--kubevirt-preference",
        "kubevirt_preference",
        KUBEVIRT,
        "Preference that sets the defaults: `fedora`, `KIND/NAME`, or `infer` to use the boot disk's.",
        "NAME",
    ),
    Option(
        ("--kubevirt-device",),
        "kubevirt_device",
        KUBEVIRT,
        "Device of a Kubernetes node to assign, by resource name: `nvidia.com/TU104GL,type=gpu`; can be repeated.",
        repeat=True,
        metavar="RESOURCE",
    ),
)

_MISC = (
    _flag("--autostart", "autostart", MISC, "Start the guest when the host boots."),
    _flag("--transient", "transient", MISC, "Create a transient guest: libvirt discards its definition when it stops."),
    _flag("--destroy-on-exit", "destroy_on_exit", MISC, "Power off the guest when its console is closed."),
    Option(
        ("--wait",),
        "wait",
        MISC,
        "Minutes to wait for the installation; without a number, wait indefinitely.",
        argument="optional",
        kind="integer",
        bare="-1",
        metavar="MINUTES",
    ),
    _value("--finish", "finish", MISC, "Resume an installation after virt-install exited or was killed.", "GUEST"),
    _value(
        "--output",
        "output",
        MISC,
        "Output format: `text` (default), `json`, `spec` (a guests file for virt-guest) or `kubevirt` (a manifest).",
        "FORMAT",
    ),
    _value(
        "--wait-for",
        "wait_for",
        MISC,
        "Condition to wait for: `running`, `ip`, `agent`, `ssh`, `cloud-init` or `shutdown`.",
        "GOAL",
    ),
    _value(
        "--timeout", "timeout", MISC, "Maximum time that --wait-for waits: `90s`, `10m`; default: unlimited.", "TIME"
    ),
    _old_flag("--prompt", "prompt", MISC, "Accepted with a warning, but without effect."),
    _old_flag("--force", "force", MISC, "Old form of --check all=off."),
    _value(
        "--autoconsole",
        "autoconsole",
        MISC,
        "Console to open: `text`, `graphical` or `none`; the default depends on the guest and the terminal.",
        "KIND",
    ),
    _flag("--noautoconsole", "autoconsole", MISC, "Do not open a console.", "none"),
    _flag("--noreboot", "noreboot", MISC, "Leave the guest off after the installation."),
    Option(
        ("--print-xml",),
        "print_xml",
        MISC,
        "Print the guest's XML and change nothing; `1`: only the XML for the installation, `2`: only the final XML.",
        argument="optional",
        bare="all",
        metavar="STEP",
    ),
    _old("--print-step", "print_step", MISC, "Old form of --print-xml STEP."),
    _flag("--dry-run", "dry_run", MISC, "Run all checks and show what would be done; change nothing."),
    _holder("--check", "Check", MISC, "Enable or disable checks: `path_in_use=off`, `migration=on`.", repeat=True),
    _flag("-q --quiet", "quiet", MISC, "Print warnings and errors only."),
    _flag("-d --debug", "debug", MISC, "Print detailed debug messages."),
)

# an abbreviation that is unique without these keeps its meaning
LATER = frozenset(
    (
        *("--bhyve-commandline", "--count", "--crypto", "--finish", "--hub", "--ignition", "--image"),
        *("--iommufd", "--lease", "--lxc-namespace", "--nvram", "--output", "--perf", "--pstore"),
        *("--qemu-capabilities", "--qemu-deprecation", "--qemu-override", "--redirfilter", "--throttle"),
        *("--timeout", "--wait-for", "--xen-commandline", "--kubevirt-device", "--kubevirt-drop"),
        *("--kubevirt-instancetype", "--kubevirt-namespace", "--kubevirt-preference", "--kubevirt-run-strategy"),
    )
)
"""The options that virt-install 4.1.0 does not have."""

OPTIONS: tuple[Option, ...] = _GENERAL + _INSTALL + _OS + _DEVICES + _GUEST + _PLATFORM + _KUBEVIRT + _MISC

"""The devices other than disks and interfaces.

Source: https://kubevirt.io/user-guide/compute/virtual_hardware/, .../client_passthrough/, .../host-devices/,
https://kubevirt.io/user-guide/storage/disks_and_volumes/ (filesystems)
"""

from __future__ import annotations

from collections.abc import Callable

from virtinstall.devices.channel import Channel
from virtinstall.devices.console import Console
from virtinstall.devices.device import Device
from virtinstall.devices.filesystem import Filesystem
from virtinstall.devices.graphics import Graphics
from virtinstall.devices.input import Input
from virtinstall.devices.memballoon import Memballoon
from virtinstall.devices.panic import Panic
from virtinstall.devices.redirdev import Redirdev
from virtinstall.devices.rng import Rng
from virtinstall.devices.serial import Serial
from virtinstall.devices.sound import Sound
from virtinstall.devices.video import Video
from virtinstall.devices.vsock import Vsock
from virtinstall.devices.watchdog import Watchdog
from virtinstall.kubevirt.conversion import Conversion, Node, Problem, add, leave_device
from virtinstall.kubevirt.leaves import drain, option_of
from virtinstall.kubevirt.names import as_label, check_reference
from virtinstall.kubevirt.table import WHOLE, reason
from virtinstall.similar import alternatives

AGENT_CHANNEL = "org.qemu.guest_agent.0"
_ENTROPY = ("/dev/urandom", "/dev/random")
_SOUND = ("ich9", "ac97")
_VIDEO = ("virtio", "vga", "bochs", "cirrus", "ramfb")
_WATCHDOGS = {"i6300esb": "i6300esb", "diag288": "diag288"}
_ACTIONS = ("reset", "poweroff", "shutdown")
_PANIC = ("isa", "hyperv", "pvpanic")
_NAME_LIMIT = 36
_SOURCE_KINDS = {"pvc": "PersistentVolumeClaim", "configmap": "ConfigMap", "secret": "Secret"}


def map_peripherals(conversion: Conversion) -> None:
    """Add all devices except disks, network interfaces and TPMs; report kinds that KubeVirt does not support."""
    _map_defaults(conversion)
    refused = set()
    counts: dict[str, int] = {}
    for device in conversion.domain.all_devices():
        tag = type(device).tag
        if tag in ("disk", "interface", "tpm"):
            continue
        option = option_of(tag)
        if option in WHOLE and not _is_automatic(device):
            if option not in refused:
                conversion.refuse(option, "", "", WHOLE[option])
            refused.add(option)
            continue
        number = counts[tag] = counts.get(tag, 0) + 1
        mapping = _MAPPINGS.get(tag, _map_controller if tag == "controller" else None)
        if mapping is None:
            conversion.refuse(option, "", "", reason(option, ""))
        else:
            mapping(conversion, device, number)
            if number > 1 and tag in _SINGLE:
                conversion.break_rule(f"a guest can have only one --{option} device", f"use --{option} once", option)
        leave_device(conversion, device)
    _map_host_devices(conversion)


def _is_automatic(device: Device) -> bool:
    """Return whether KubeVirt adds the controller itself, so that nothing of the device remains."""
    if device.tag != "controller":
        return False
    if (getattr(device, "type", None), getattr(device, "model", None)) in (
        ("scsi", "virtio-scsi"),
        ("usb", "qemu-xhci"),
    ):
        leaves = [leaf.names[0] for leaf in drain(device.clone())]
        if sorted(leaves) == ["model", "type"]:
            drain(device)
            return True
    return False


def _map_defaults(conversion: Conversion) -> None:
    domain, without = conversion.domain, conversion.request.without
    devices, os = conversion.devices, conversion.os
    if "graphics" in without and not domain.devices_of(Graphics):
        devices["autoattachGraphicsDevice"] = False
    if "video" in without and not domain.devices_of(Video):
        _omit_video(conversion)
    if "channel" in without and not domain.devices_of(Channel):
        conversion.refuse("channel", "", "none", "every guest has a channel for the guest agent")
    if "memballoon" in without and not domain.devices_of(Memballoon):
        devices["autoattachMemBalloon"] = False
    if {"serial", "console"} & without and not domain.devices_of(Serial) and not domain.devices_of(Console):
        devices["autoattachSerialConsole"] = False
    if not conversion.defaults:
        return
    if "rng" not in without and not domain.devices_of(Rng) and os.supports_virtio_rng(conversion.arch):
        devices["rng"] = {}
    if os.supports_virtio("net") and not os.supports_virtio("net", modern=True):
        devices["useVirtioTransitional"] = True
    pointer = os.is_windows and not {"input", "graphics", "video"} & without
    if pointer and not domain.devices_of(Input) and conversion.arch == "x86_64":
        devices["inputs"] = [{"name": "tablet", "type": "tablet", "bus": "usb"}]


def _map_controller(conversion: Conversion, device: Device, number: int) -> None:
    """Do nothing, because KubeVirt adds its controllers itself."""


def _map_graphics(conversion: Conversion, device: Device, number: int) -> None:
    assert isinstance(device, Graphics)
    kind = conversion.take(device, "type")
    if kind not in (None, "vnc"):
        conversion.refuse("graphics", "type", kind, "use vnc")
    if device.autoport is not None and device.port in (None, -1):
        conversion.take(device, "autoport")
        conversion.take(device, "port")
    if device.port == -1:
        conversion.take(device, "port")


def _map_console(conversion: Conversion, device: Device, number: int) -> None:
    assert isinstance(device, Serial | Console)
    kind, target = conversion.take(device, "type"), conversion.take(device, "target_type")
    if kind not in (None, "pty"):
        conversion.refuse(device.tag, "type", kind, "use pty, which `virtctl console` connects to")
    if target not in (None, "serial", "isa-serial"):
        conversion.refuse(device.tag, "target.type", target, "use serial")


def _map_channel(conversion: Conversion, device: Device, number: int) -> None:
    """Map the guest agent's channel, which every guest has."""
    assert isinstance(device, Channel)
    if device.target_name == AGENT_CHANNEL and device.type in (None, "unix") and device.source_path is None:
        for attribute in ("target_name", "type", "target_type", "source_mode"):
            conversion.take(device, attribute)


def _map_input(conversion: Conversion, device: Device, number: int) -> None:
    assert isinstance(device, Input)
    conversion.take(device, "wanted_default")
    kind, bus = conversion.take(device, "type"), conversion.take(device, "bus")
    if kind not in (None, "tablet"):
        conversion.refuse("input", "type", kind, "use tablet, or omit the device: every guest has a keyboard")
        return
    if bus not in (None, "usb", "virtio"):
        conversion.refuse("input", "bus", bus, "use usb or virtio")
        return
    name = "tablet" if number == 1 else f"tablet-{number}"
    entry: Node = {"name": name, "type": "tablet", "bus": bus or "usb"}
    conversion.devices.setdefault("inputs", []).append(entry)


def _map_sound(conversion: Conversion, device: Device, number: int) -> None:
    assert isinstance(device, Sound)
    model = conversion.take(device, "model")
    if model not in (None, "default", *_SOUND):
        conversion.refuse("sound", "model", model, f"use {alternatives(_SOUND)}")
        return
    conversion.devices["sound"] = {"name": "sound", "model": "ich9" if model in (None, "default") else model}


def _omit_video(conversion: Conversion) -> None:
    """Switch off the graphics together with the video device."""
    conversion.devices["autoattachGraphicsDevice"] = False
    if conversion.request.domain.devices_of(Graphics):
        conversion.break_rule(
            "graphics require a video device", "omit --video model=none, or use --graphics none", "video"
        )


def _map_video(conversion: Conversion, device: Device, number: int) -> None:
    assert isinstance(device, Video)
    model = conversion.take(device, "model_type")
    if model == "none":
        _omit_video(conversion)
    elif model not in (None, "default", *_VIDEO):
        conversion.refuse("video", "model.type", model, f"use {alternatives(_VIDEO)}")
    elif model is not None and model != "default":
        conversion.devices["video"] = {"type": model}
        if conversion.devices.get("autoattachGraphicsDevice") is False:
            conversion.break_rule("a video device requires graphics", "omit --graphics none", "video")


def _map_watchdog(conversion: Conversion, device: Device, number: int) -> None:
    assert isinstance(device, Watchdog)
    model, action = conversion.take(device, "model"), conversion.take(device, "action")
    usual = "diag288" if conversion.arch == "s390x" else "i6300esb"
    model = usual if model in (None, "default") else model
    if model != usual:
        conversion.refuse("watchdog", "model", model, f"use {usual}")
        return
    if action not in (None, *_ACTIONS):
        conversion.refuse("watchdog", "action", action, f"use {alternatives(_ACTIONS)}")
        return
    conversion.devices["watchdog"] = {"name": "watchdog", model: {"action": action or "reset"}}


def _map_balloon(conversion: Conversion, device: Device, number: int) -> None:
    assert isinstance(device, Memballoon)
    model = conversion.take(device, "model")
    if model == "none":
        conversion.devices["autoattachMemBalloon"] = False
    elif model not in (None, "virtio"):
        conversion.refuse("memballoon", "model", model, "use virtio or none")


def _map_rng(conversion: Conversion, device: Device, number: int) -> None:
    assert isinstance(device, Rng)
    kind, path, model = (conversion.take(device, name) for name in ("backend_model", "backend", "model"))
    if kind not in (None, "random", "builtin"):
        conversion.refuse("rng", "backend.model", kind, "KubeVirt uses the node's entropy", "use --rng /dev/urandom")
    if path not in (None, *_ENTROPY):
        conversion.refuse("rng", "backend", path, "KubeVirt uses the node's entropy", "use --rng /dev/urandom")
    if model not in (None, "virtio"):
        conversion.refuse("rng", "model", model, "use virtio")
    conversion.devices["rng"] = {}


def _map_panic(conversion: Conversion, device: Device, number: int) -> None:
    assert isinstance(device, Panic)
    model = conversion.take(device, "model")
    if model not in (None, *_PANIC):
        conversion.refuse("panic", "model", model, f"use {alternatives(_PANIC)}")
        return
    usual = "hyperv" if conversion.os.is_windows else "isa"
    entry: Node = {"model": model or (usual if conversion.arch == "x86_64" else "pvpanic")}
    conversion.devices.setdefault("panicDevices", []).append(entry)


def _map_vsock(conversion: Conversion, device: Device, number: int) -> None:
    assert isinstance(device, Vsock)
    model, auto = conversion.take(device, "model"), conversion.take(device, "cid_auto")
    if model not in (None, "virtio"):
        conversion.refuse("vsock", "model", model, "use virtio")
    if auto is False and device.cid_address is None:
        conversion.refuse("vsock", "cid.auto", "no", "KubeVirt assigns the CID of each guest")
    conversion.devices["autoattachVSOCK"] = True


def _map_redirection(conversion: Conversion, device: Device, number: int) -> None:
    assert isinstance(device, Redirdev)
    bus, kind = conversion.take(device, "bus"), conversion.take(device, "type")
    if bus not in (None, "usb"):
        conversion.refuse("redirdev", "bus", bus, "use usb")
    if kind not in (None, "spicevmc"):
        conversion.refuse("redirdev", "type", kind, "use spicevmc; `virtctl usbredir` redirects devices")
    conversion.devices["clientPassthrough"] = {}


def _map_filesystem(conversion: Conversion, device: Device, number: int) -> None:
    """Map virtiofs with a claim or a ConfigMap: `--filesystem source=pvc/NAME,target=TAG`."""
    assert isinstance(device, Filesystem)
    source, volume = _cluster_source(conversion, device)
    driver, kind = device.driver_type, device.type
    if driver == "virtiofs":
        conversion.take(device, "driver_type")
    if kind == "mount":
        conversion.take(device, "type")
    if volume is None:
        if device.source_dir is None:
            conversion.break_rule("--filesystem has no source", "use --filesystem source=pvc/NAME", "filesystem")
        else:
            # the source is reported, and the target has no meaning without it
            conversion.take(device, "target_dir")
        return
    if device.accessmode == "passthrough":
        conversion.take(device, "accessmode")
    tag = conversion.take(device, "target_dir") or source
    if len(tag.encode()) > _NAME_LIMIT or tag != as_label(tag, "-"):
        conversion.refuse(
            "filesystem",
            "target",
            tag,
            f"use at most {_NAME_LIMIT} lowercase letters, digits and hyphens, because it is a volume name",
        )
        return
    conversion.devices.setdefault("filesystems", []).append({"name": tag, "virtiofs": {}})
    conversion.volumes.append({"name": tag, **volume})


def _cluster_source(conversion: Conversion, device: Filesystem) -> tuple[str, Node | None]:
    text = device.source_dir or ""
    kind, _, name = text.partition("/")
    if not name or kind not in _SOURCE_KINDS:
        return "", None
    conversion.take(device, "source_dir")
    check_reference(conversion, "filesystem source=", _SOURCE_KINDS[kind], name)
    volumes: dict[str, Node] = {
        "pvc": {"persistentVolumeClaim": {"claimName": name}},
        "configmap": {"configMap": {"name": name}},
        "secret": {"secret": {"secretName": name}},
    }
    return name, volumes[kind]


def _map_host_devices(conversion: Conversion) -> None:
    """Add the devices of --kubevirt-device, by the names of the resources that a device plug-in of the node offers."""
    for number, text in enumerate(conversion.options.devices):
        resource, _, rest = text.partition(",")
        kind = rest.removeprefix("type=") if rest else "host"
        if kind not in ("gpu", "host") or (rest and not rest.startswith("type=")) or resource.count("/") != 1:
            hint = "use VENDOR/RESOURCE[,type=gpu], for example: --kubevirt-device nvidia.com/TU104GL,type=gpu"
            conversion.problems.append(Problem(f"--kubevirt-device {text}: invalid device", hint))
            continue
        key = "gpus" if kind == "gpu" else "hostDevices"
        entries = conversion.devices.setdefault(key, [])
        name = f"{'gpu' if kind == 'gpu' else 'device'}-{number + 1}"
        entry: Node = {"name": name}
        add(entry, "deviceName", resource)
        entries.append(entry)


_MAPPINGS: dict[str, Callable[[Conversion, Device, int], None]] = {
    "graphics": _map_graphics,
    "serial": _map_console,
    "console": _map_console,
    "channel": _map_channel,
    "input": _map_input,
    "sound": _map_sound,
    "video": _map_video,
    "watchdog": _map_watchdog,
    "memballoon": _map_balloon,
    "rng": _map_rng,
    "panic": _map_panic,
    "vsock": _map_vsock,
    "redirdev": _map_redirection,
    "filesystem": _map_filesystem,
}
_SINGLE = ("graphics", "serial", "sound", "video", "watchdog", "memballoon", "rng", "vsock")

"""What a plan does, one entry a thing: for the preview, and for what `--output json` tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from virtinstall.named import NamedTuple
from virtinstall.safe_text import one_line
from virtinstall.units import human_size

if TYPE_CHECKING:
    from virtinstall.new_image import ImageBase
    from virtinstall.plan import ImageFetch, Plan


class Action(NamedTuple):
    """One thing that is done: `kind` is a word for programs, `text` a clause for people, `path` what it makes."""

    kind: str
    text: str
    path: str | None = None


def actions_of(plan: Plan) -> list[Action]:
    """All that carrying `plan` out does, in order."""
    return [*_storage(plan), *_media(plan), *_guest(plan)]


def _storage(plan: Plan) -> Iterator[Action]:
    from virtinstall.devices.disk import Disk

    for pool in plan.start_pools:
        yield Action("start-pool", f"start the storage pool {pool}")
    for fetch in plan.fetches:
        yield Action(kind="fetch-image", text=_fetch_text(fetch), path=_cached_path(fetch))
    made = set()
    for image in plan.images:
        size = "the size of its image" if image.base else "the size of its backing image"
        size = size if image.capacity_bytes is None else human_size(image.capacity_bytes)
        kind = "sparse" if image.sparse else "fully allocated"
        made.add(image.path)
        start = image.copy_from or image.backing_path
        start = plan.fetches[image.base.image].source.label if image.base is not None and start is None else start
        base = "" if start is None else f", {'a copy of' if _is_copy(image.base) else 'starting from'} {start}"
        text = f"make the disk image {image.path} ({image.format}, {size}, {kind}{base})"
        yield Action("make-image", text, image.path)
    for volume in plan.volumes:
        copied = "" if volume.upload_from is None else f" and send {volume.upload_from} into it"
        name = f"{volume.pool}/{volume.name}"
        yield Action("make-volume", f"make the volume {name} ({human_size(volume.capacity_bytes)}){copied}", name)
    made.update(seed.path for seed in plan.seeds)
    for disk in plan.final.devices_of(Disk):
        path = disk.source_file or disk.source_dev
        if path is not None and path not in made and not disk.is_new and not plan.reinstall:
            yield Action("use-disk", f"use {path} as it is")


def _is_copy(base: ImageBase | None) -> bool:
    return base is not None and base.copy


def _fetch_text(fetch: ImageFetch) -> str:
    label, got = fetch.source.label, fetch.result
    if fetch.source.kind == "path":
        return f"start from the image {label}"
    if got is None and fetch.cached is None:
        return f"download the image {label}"
    if got is None and not fetch.is_current:
        return f"download the image {label} if there is a newer one than that in the cache"
    image = got or fetch.cached
    assert image is not None
    return f"use the image {label} in the cache ({image.digest}, verified: {image.verified})"


def _cached_path(fetch: ImageFetch) -> str | None:
    image = fetch.result or fetch.cached
    return None if image is None else image.path


def _media(plan: Plan) -> Iterator[Action]:
    for boot_file in plan.boot_files:
        if boot_file.source != boot_file.path:
            source = one_line(boot_file.source)  # an install medium's name for it
            text = f"fetch the {boot_file.what} {source} to {boot_file.path}, for the installation only"
            yield Action("fetch", text, boot_file.path)
        for path in boot_file.inject:
            yield Action("inject", f"put {path} into the initrd")
        for name, _ in boot_file.answers:
            yield Action("inject", f"put {name} with the installer's answers into the initrd")
    for seed in plan.seeds:
        names = ", ".join(name for name, _ in seed.files)
        if seed.fetched:
            names += f" and {len(seed.fetched)} files from {seed.fetched[0][1].rpartition('/')[0]}"
        what = f"file {seed.path}" if seed.bare else f"image {seed.path} labelled {seed.label} with {names}"
        life = "which the guest keeps" if seed.keep else "for the first boot only"
        yield Action("make-seed", f"make the {what}, {life}", seed.path)
    for upload in plan.uploads:
        yield Action("send", f"send {upload.path} into the pool {upload.pool} as {upload.target}")


def _guest(plan: Plan) -> Iterator[Action]:
    run, name = plan.run, plan.name
    if plan.install is not None:
        yield Action("start", f"start the guest {name} for its {'first boot' if plan.seeded else 'installation'}")
    if run.transient:
        if plan.install is None:
            yield Action("start", f"start the guest {name} without defining it")
        return
    yield Action("define", f"{'redefine' if plan.reinstall else 'define'} the guest {name}")
    if plan.install is None:
        yield Action("start", f"start the guest {name}")
    elif not run.noreboot and not plan.seeded:
        waits = run.wait_minutes != 0 and (run.wait_minutes is not None or run.autoconsole != "none")
        by_whom = (
            "" if waits or run.wait_for else f" (by `virt-install --finish {name}`: this run will not wait for that)"
        )
        yield Action("start", f"start the guest {name} once more when its installation has ended{by_whom}")
    if run.autostart:
        yield Action("autostart", f"have the guest {name} started with the host")

"""What `--dry-run` prints: each thing that would be made, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.units import human_size

if TYPE_CHECKING:
    from virtinstall.plan import Plan


def preview_text(plan: Plan) -> str:
    """The plan for people, a line each thing that would be made or done."""
    lines = []
    for pool in plan.start_pools:
        lines.append(f"start the storage pool {pool}")
    for image in plan.images:
        size = "the size of its backing image" if image.capacity_bytes is None else human_size(image.capacity_bytes)
        kind = "sparse" if image.sparse else "fully allocated"
        lines.append(f"make the disk image {image.path} ({image.format}, {size}, {kind})")
    for volume in plan.volumes:
        copied = "" if volume.upload_from is None else f" and send {volume.upload_from} into it"
        lines.append(f"make the volume {volume.pool}/{volume.name} ({human_size(volume.capacity_bytes)}){copied}")
    for boot_file in plan.boot_files:
        if boot_file.source != boot_file.path:
            lines.append(f"fetch the {boot_file.what} {boot_file.source} to {boot_file.path}")
        for path in boot_file.inject:
            lines.append(f"put {path} into the initrd")
        for name, _ in boot_file.answers:
            lines.append(f"put {name} with the installer's answers into the initrd")
    for seed in plan.seeds:
        names = ", ".join(name for name, _ in seed.files)
        what = f"file {seed.path}" if seed.bare else f"image {seed.path} labelled {seed.label} with {names}"
        lines.append(f"make the {what}")
    for upload in plan.uploads:
        lines.append(f"send {upload.path} into the pool {upload.pool} as {upload.target}")
    if plan.install is not None:
        lines.append(f"start the guest {plan.name} for its installation")
    lines.append(f"define the guest {plan.name}")
    return "".join(f"  would {line}\n" for line in lines)

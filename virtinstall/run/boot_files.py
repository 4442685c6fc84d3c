"""Kernel, initrd and seeds of the installation: downloaded or created, and temporary unless the guest keeps them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.rollback.file_state import FileState

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host
    from virtinstall.media.fetcher import Fetcher
    from virtinstall.plan import BootFile, Plan, SeedFile
    from virtinstall.progress import Progress
    from virtinstall.rollback.journal import Journal
    from virtinstall.rollback.undo import Undo

_DRIVER_LIMIT_BYTES = 64 << 20


def check_boot_files(plan: Plan, host: Host) -> None:
    """Check the kernel, the initrd, and the files to add to the initrd, before anything is created.

    Raises: RequestError, if a local kernel or initrd is missing, or if a file cannot be added to the initrd.
    """
    for boot_file in plan.boot_files:
        if boot_file.inject:
            from pathlib import Path

            from virtinstall.media.initrd import check_injections

            check_injections([Path(path) for path in boot_file.inject], boot_file.answers)
    if not has_real_storage(host):
        return
    named = [("--boot", what, getattr(plan.final.os, what)) for what in ("kernel", "initrd")]
    named += [("--install", each.what, each.source) for each in plan.boot_files if each.location is None and each.what]
    for option, what, path in named:
        if path is not None and host.is_local() and not os.path.lexists(path):
            from virtinstall.errors import RequestError

            raise RequestError(f"{option} {what}={path}: no such file", hint="specify the path of an existing file")


def fetch_boot_files(plan: Plan, host: Host, undo: Undo, progress: Progress, journal: Journal | None = None) -> None:
    """Download the kernel and the initrd.

    The removal of each file is pushed to `undo`, and the file is recorded in `journal` if that is not None.

    Raises: FetchError, if a file cannot be downloaded.
    """
    wanted = [boot_file for boot_file in plan.boot_files if boot_file.source != boot_file.path]
    if not wanted or not has_real_storage(host):
        return
    from virtinstall.media.location import open_location

    locations = dict.fromkeys(boot_file.location or "/" for boot_file in wanted)
    for location in locations:
        fetcher = open_location(location)
        try:
            for boot_file in wanted:
                if (boot_file.location or "/") == location:
                    if journal is not None:
                        journal.record("boot file", boot_file.path)
                    _fetch(fetcher, boot_file, undo, progress)
                    _record_complete("boot file", boot_file.path, journal)
        finally:
            fetcher.close()


def _fetch(fetcher: Fetcher, boot_file: BootFile, undo: Undo, progress: Progress) -> None:
    from pathlib import Path

    from virtinstall.media.initrd import check_injections
    from virtinstall.media.kernel import fetch_file

    injections = check_injections([Path(path) for path in boot_file.inject], boot_file.answers)
    fetch_file(fetcher, boot_file.source, Path(boot_file.path), undo, progress, injections)


def make_seeds(plan: Plan, host: Host, undo: Undo, progress: Progress, journal: Journal | None = None) -> None:
    """Create the seed images.

    The removal of each image is pushed to `undo`, and the image is recorded in `journal` if that is not None.

    Raises: StorageError, if an image cannot be written; FetchError, if a file for an image cannot be downloaded.
    """
    if not plan.seeds or not has_real_storage(host):
        return
    from pathlib import Path

    from virtinstall.rollback.directories import make_directory
    from virtinstall.seed.image import write_seed_file, write_seed_image
    from virtinstall.storage.apply import refreshing_pools

    kept = [seed.path for seed in plan.seeds if seed.keep and host.is_local()]
    with refreshing_pools(kept, host, undo):
        for seed in plan.seeds:
            keep = seed.path in kept
            kind = "kept seed" if keep else "seed"
            if journal is not None:
                journal.record(kind, seed.path)
            place = Path(seed.path)
            make_directory(str(place.parent), undo)
            if seed.bare:
                write_seed_file(place, b"".join(content for _, content in seed.files), undo, keep=keep)
            else:
                fetched = _fetched(seed, progress) if seed.fetched else {}
                write_seed_image(place, seed.label, {**dict(seed.files), **fetched}, undo, keep=keep)
            _record_complete(kind, seed.path, journal)


def _record_complete(kind: str, path: str, journal: Journal | None) -> None:
    """Record the state of a complete file, which a later run removes only if the state has not changed."""
    state = FileState.of_path(path)
    if journal is not None and state is not None:
        journal.record(kind, path, state)


def _fetched(seed: SeedFile, progress: Progress) -> dict[str, bytes]:
    """Return the files of a seed that are on a server (drivers for Windows): contents by name.

    Raises: FetchError.
    """
    from io import BytesIO

    from virtinstall.errors import FetchError
    from virtinstall.media.location import open_location
    from virtinstall.media.transfer import Limits

    contents: dict[str, bytes] = {}
    for folder in dict.fromkeys(url.rpartition("/")[0] for _, url in seed.fetched):
        fetcher = open_location(folder, limits=Limits(file_bytes=_DRIVER_LIMIT_BYTES))
        try:
            for name, url in seed.fetched:
                if url.rpartition("/")[0] == folder:
                    target = BytesIO()
                    fetcher.download(url.rpartition("/")[2], target, progress)
                    contents[name] = target.getvalue()
        except FetchError as error:
            error.add_note(
                "this file is part of the virtio drivers for Windows; omit the drivers with: --unattended drivers=no"
            )
            raise
        finally:
            fetcher.close()
    return contents

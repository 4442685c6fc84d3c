"""`virt-guest images`: list cached images and their users; `--fetch` downloads one, `--prune` removes unused ones."""

from __future__ import annotations

import json
import sys
import time
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from virtinstall.cli.confirm import confirmed
from virtinstall.cli.connection import connect
from virtinstall.cli.messages import Messages
from virtinstall.cli.table import table, terminal_width
from virtinstall.units import human_size

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log
    from virtinstall.hypervisor import Hypervisor
    from virtinstall.images.stored import StoredImage
    from virtinstall.options.complete_values import Candidate

_DECLINED = 1
_IMAGE, _USERS = 0, 4


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this subcommand to `parser`."""
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--fetch", metavar="NAME", action="append", help="Download an image in advance; can be repeated."
    )
    action.add_argument("--prune", action="store_true", help="Delete images that no guest or disk uses.")
    parser.add_argument("--arch", metavar="ARCH", help="Architecture of the image to download; default: the host's.")
    parser.add_argument(
        "--refresh",
        action="store_true",
        help="Check the server for a newer image even if the last check was less than a day ago.",
    )
    parser.add_argument("--dry-run", action="store_true", help="Print what --prune would delete; delete nothing.")
    parser.add_argument("-y", "--yes", action="store_true", help="Do not ask for confirmation.")
    parser.add_argument(
        "--output", metavar="FORMAT", choices=("text", "json"), help="Output format: `text` (default) or `json`."
    )


def complete(option: str, text: str) -> list[Candidate]:
    """Return the completion candidates that start with `text` for the value of `option`; empty if there are none."""
    if option != "--fetch":
        return []
    from virtinstall.options.complete_values import image_names

    return image_names(text)


def run(given: Namespace, log: Log) -> int:
    """List, download or remove cached images; return the exit status.

    Raises: VirtInstallError.
    """
    with connect(given.connect) as hypervisor:
        if given.fetch:
            return _fetch(given, hypervisor, log)
        images = hypervisor.images()
        if given.prune:
            return _prune(given, hypervisor, images)
    if given.output == "json":
        print(json.dumps({"images": [_document(image) for image in images]}, indent=2))
    else:
        print(_table(images, terminal_width()), end="")
    return 0


def _fetch(given: Namespace, hypervisor: Hypervisor, log: Log) -> int:
    from virtinstall.cli.log import LoggedProgress
    from virtinstall.cli.progress import progress_on

    messages = Messages()
    fetched = []
    with redirect_stdout(sys.stderr):
        for name in given.fetch:
            image = hypervisor.fetch_image(
                name,
                arch=given.arch,
                refresh=True if given.refresh else None,
                progress=LoggedProgress(progress_on(sys.stderr), log),
                on_warning=messages.warn,
            )
            fetched.append(image)
    if given.output == "json":
        names = ("name", "arch", "url", "path", "digest", "format", "virtual_size", "verified")
        print(json.dumps({"images": [{name: getattr(image, name) for name in names} for image in fetched]}, indent=2))
    else:
        for image in fetched:
            print(f"{image.name}: {image.path} (verified: {image.verified})")
    return 0


def _prune(given: Namespace, hypervisor: Hypervisor, images: list[StoredImage]) -> int:
    unused = [image for image in images if image.is_unused]
    text_stream = sys.stderr if given.output == "json" else sys.stdout
    for image in images:
        print(f"{'remove' if image.is_unused else 'keep  '}  {_label(image)}  {_reason(image)}", file=text_stream)
    total = human_size(sum(image.size_bytes for image in unused))
    removed: list[str] = []
    if not unused:
        print("Nothing to remove.", file=text_stream)
        removed = [] if given.dry_run else hypervisor.remove_images(())
    elif not given.dry_run:
        counted = f"{len(unused)} {'image' if len(unused) == 1 else 'images'} ({total})"
        if not given.yes and not confirmed(f"Remove {counted}?", "removing images"):
            return _DECLINED
        removed = hypervisor.remove_images(unused)
        print(f"Removed {counted}.", file=text_stream)
    if given.output == "json":
        document = {"removed": removed, "kept": [_document(image) for image in images if not image.is_unused]}
        print(json.dumps({**document, "changed": bool(removed)}, indent=2))
    return 0


def _label(image: StoredImage) -> str:
    return ", ".join(image.names) or image.digest[:20]


def _reason(image: StoredImage) -> str:
    if image.users:
        return f"used by {', '.join(image.users)}"
    return "downloaded or used within the last hour" if image.is_recent else human_size(image.size_bytes)


def _document(image: StoredImage) -> dict[str, Any]:
    return {
        "names": list(image.names),
        "urls": list(image.urls),
        "path": image.path,
        "digest": image.digest,
        "verified": image.verified or None,
        "bytes": image.size_bytes,
        "fetched": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(image.fetched)),
        "users": list(image.users),
    }


def _table(images: list[StoredImage], width: int | None) -> str:
    rows = [("IMAGE", "SIZE", "FETCHED", "VERIFIED", "USERS")]
    for image in images:
        day = time.strftime("%Y-%m-%d", time.localtime(image.fetched))
        users = ", ".join(user.removeprefix("guest ") for user in image.users) or "-"
        rows.append((_label(image), human_size(image.size_bytes), day, image.verified or "-", users))
    return table(rows, (_IMAGE, _USERS), width)

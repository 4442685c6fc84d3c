"""The layout of a new qcow2 image.

All clusters up to the end of the image are used exactly once, so every refcount is 1. The order is that of
`qemu-img create` in Debian 12, so that `qemu-img map` prints the same for images of both programs:

- sparse: header, refcount table, refcount block, L1 table, more refcount blocks;
- preallocated: header, refcount table, all refcount blocks, L1 table, the first L2 table,
  the data in one piece, the other L2 tables.

Source: https://www.qemu.org/docs/master/interop/qcow2.html (Host cluster management, Cluster mapping).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_L2_ENTRY_BYTES = 8


@dataclass(frozen=True)
class RefcountBlock:
    """A refcount block; `cluster` is the number of the cluster that contains it."""

    cluster: int


@dataclass(frozen=True)
class L2Table:
    """An L2 table; `cluster` is the number of the cluster that contains it.

    It maps `count` contiguous clusters of data, the first of which has the number `data`.
    """

    cluster: int
    data: int
    count: int


@dataclass(frozen=True)
class Layout:
    """The sizes of the parts of a new image, from which the positions of the parts follow.

    `cluster_size` is in bytes, and `l1_size` is the number of entries in the L1 table. `l2_entries` is the number of
    clusters that one L2 table maps. `data_clusters` is the number of clusters of data, which is 0 for a sparse image.
    Clusters are numbered from the start of the file.
    """

    cluster_size: int
    l2_entries: int  # guest clusters that one L2 table maps
    data_clusters: int  # 0 if it is sparse
    l1_size: int
    refcount_table_clusters: int
    refcount_blocks: int
    total_clusters: int
    is_preallocated: bool

    @property
    def counted(self) -> int:
        """The number of clusters whose refcounts, of 16 bits each, fit in one refcount block."""
        return self.cluster_size // 2

    @property
    def l1_cluster(self) -> int:
        """The number of the first cluster of the L1 table."""
        return 1 + self.refcount_table_clusters + (self.refcount_blocks if self.is_preallocated else 1)

    @property
    def end_of_l1(self) -> int:
        """The number of the first cluster after the L1 table."""
        return self.l1_cluster + -(-self.l1_size * 8 // self.cluster_size)

    @property
    def first_data_cluster(self) -> int:
        """The number of the first cluster of data in a preallocated image; it follows the first L2 table."""
        return self.end_of_l1 + 1

    def pieces(self) -> Iterator[RefcountBlock | L2Table]:
        """Yield all refcount blocks in the order of the refcount table, and all L2 tables in the order of the L1 table.

        A sparse image has no L2 tables.
        """
        return self._preallocated() if self.is_preallocated else self._sparse()

    def _preallocated(self) -> Iterator[RefcountBlock | L2Table]:
        for number in range(self.refcount_blocks):
            yield RefcountBlock(1 + self.refcount_table_clusters + number)
        last = self.first_data_cluster + self.data_clusters - 1
        for number, (done, count) in enumerate(self._mapped()):
            table = last + number if number else self.end_of_l1
            yield L2Table(table, self.first_data_cluster + done, count)

    def _sparse(self) -> Iterator[RefcountBlock]:
        yield RefcountBlock(1 + self.refcount_table_clusters)
        for number in range(self.refcount_blocks - 1):
            yield RefcountBlock(self.end_of_l1 + number)

    def _mapped(self) -> Iterator[tuple[int, int]]:
        """Yield for each L2 table the number of the guest's clusters before it, and of those that it maps."""
        for done in range(0, self.data_clusters, self.l2_entries):
            yield done, min(self.l2_entries, self.data_clusters - done)


def plan_layout(size: int, cluster_size: int, *, preallocated: bool) -> Layout:
    """Return the layout of an empty image with a disk of `size` bytes and clusters of `cluster_size` bytes.

    If `preallocated` is true, the layout contains clusters for all data of the disk.
    """
    l2_entries = cluster_size // _L2_ENTRY_BYTES
    guest_clusters = -(-size // cluster_size)
    l1_size = -(-guest_clusters // l2_entries)
    data = guest_clusters if preallocated else 0
    tables = l1_size if preallocated else 0
    fixed = 1 + -(-l1_size * 8 // cluster_size) + data + tables
    blocks = table_clusters = 1
    while True:  # refcount blocks and their table are counted too
        total = fixed + blocks + table_clusters
        needed_blocks = -(-total // (cluster_size // 2))
        needed_table = -(-needed_blocks * 8 // cluster_size)
        if needed_blocks <= blocks and needed_table <= table_clusters:
            break
        blocks, table_clusters = max(blocks, needed_blocks), max(table_clusters, needed_table)
    return Layout(
        cluster_size=cluster_size,
        l2_entries=l2_entries,
        data_clusters=data,
        l1_size=l1_size,
        refcount_table_clusters=table_clusters,
        refcount_blocks=blocks,
        total_clusters=total,
        is_preallocated=preallocated,
    )

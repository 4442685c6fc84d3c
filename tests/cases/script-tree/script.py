"""Guest of a script: installed from a tree on the web."""

from virtinstall import Disk, Domain, GuestSpec, Interface, Tree

spec = GuestSpec(
    Domain(
        name="web",
        memory_kib=2 << 20,
        devices=[Disk(size_bytes=20 << 30), Interface(source_network="default")],
    ),
    install=Tree("http://deb.example/debian/", extra_args=["console=ttyS0"]),
    os="debian12",
)

"""Guest of a script: a cloud image with one user."""

from virtinstall import CloudImage, CloudInit, Disk, Domain, GuestSpec, Interface, User

spec = GuestSpec(
    Domain(
        name="web",
        memory_kib=2 << 20,
        vcpu=2,
        devices=[
            Disk(path="/images/web.qcow2", size_bytes=20 << 30, backing_store="/images/debian-12.qcow2"),
            Interface(source_network="default"),
        ],
    ),
    install=CloudImage(CloudInit(hostname="web", users=[User("anna", ssh_keys=["ssh-ed25519 AAAA anna"])])),
    os="debian12",
)

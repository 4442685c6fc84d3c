"""The reasons that several options share."""

ADDRESS = "KubeVirt assigns the addresses of devices"
ALIAS = "KubeVirt assigns the aliases of devices"
VIRTIO = "KubeVirt has no field for this setting of the virtio driver"
HOST_FILE = "it is a file on one host"
LABEL = "the security policy of the cluster labels the files"
PLACING = (
    "Kubernetes schedules guests and divides the nodes' resources; use a quota of the namespace, or dedicated CPUs"
)
NUMA = "the scheduler chooses the node; with dedicated CPUs and huge pages, placement=auto uses the node's topology"
NODE = "it is configured for a node, not for a guest"
NO_FIELD = "KubeVirt has no field for it"
SOCKET = "KubeVirt connects the device to the API server (`virtctl console`), not to a file or socket on a host"
DISPLAY = "the display is accessed through the API server (`virtctl vnc`)"

# Shared by scripts/quickstart and scripts/test, which source it: Debian packages, the virtual environment, daemons.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/.venv
# shellcheck disable=SC2034  # read by the scripts that source this file
CACHE=${VIRTINSTALL_CACHE:-/var/cache/virtinstall}
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# without cached bytecode each of the tests' processes compiles the package again
unset PYTHONDONTWRITEBYTECODE
STARTED=$SECONDS

RUN_PACKAGES=(libvirt-daemon-system libvirt-clients qemu-system-x86 qemu-utils ovmf swtpm swtpm-tools osinfo-db dnsmasq-base iproute2
    python3 python3-venv python3-dev libvirt-dev pkg-config gcc libc6-dev apt-utils cpio gzip xz-utils)
RELEASE=$(. /etc/os-release && echo "${VERSION_ID:-12}")
# shellcheck disable=SC2034
TEST_PACKAGES=("${RUN_PACKAGES[@]}" gnupg gpgv man-db groff bash zsh fish strace libxml2-utils
    openssh-server netcat-openbsd xorriso tmux nfs-ganesha nfs-ganesha-vfs libnfs-utils
    qemu-system-arm qemu-efi-aarch64 ovmf-ia32 qemu-system-misc qemu-system-ppc "debian-installer-$RELEASE-netboot-amd64" xz-utils debootstrap e2fsprogs
    fdisk grub-common grub-pc-bin)
# part of QEMU's main package in Debian 12
[ "${RELEASE%%.*}" -lt 13 ] || TEST_PACKAGES+=(qemu-system-modules-spice)

heading() { printf '\n==> [%ss] %s\n' "$((SECONDS - STARTED))" "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
    printf '\n%s: error: %s\n' "${0##*/}" "$1" >&2
    [ -z "${2:-}" ] || printf 'hint: %s\n' "$2" >&2
    exit 1
}

# QEMU's driver, /dev/kvm and apt need root
become_root() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null || die "this needs root, and sudo is not installed" "run it as root: su -c '$0'"
    heading "Continuing as root, through sudo"
    exec sudo -- "$0" "$@"
}

# give_back: make the user who called sudo the owner of new files in the checkout
give_back() {
    [ -n "${SUDO_UID:-}" ] && [ "$(stat -c %u "$ROOT")" = "$SUDO_UID" ] || return 0
    find "$ROOT" -xdev -uid 0 -exec chown -h "$SUDO_UID:$SUDO_GID" {} +
}

# install_packages PACKAGE...: install missing packages; apt is not called if none is missing
install_packages() {
    local package missing=()
    command -v apt-get >/dev/null || die "apt-get not found: this is not Debian" \
        "install the packages at the top of scripts/setup.sh manually, then run this again"
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    if [ ${#missing[@]} = 0 ]; then
        note "Debian packages: all installed"
        return
    fi
    note "Debian packages to install: ${missing[*]}"
    local log
    log=$(mktemp)
    if ! { apt-get -q update && apt-get -q -y install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null
    then
        tail -n 25 "$log" >&2
        rm -f "$log"
        die "apt-get could not install the packages" "see its messages above; is the network up?"
    fi
    rm -f "$log"
}

# print the first Python that is new enough: from PATH, else Debian's
find_python() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    die "Python 3.11 or later not found" "Debian 12 has it: apt-get install python3"
}

# make_venv run|test: create or update .venv with an editable installation of this checkout, and for `test` also
# with the test tools
make_venv() {
    local python want log installed project=$ROOT
    [ "$1" = run ] || project="${ROOT}[$1]"
    python=$(find_python)
    want=$("$python" -V; cat "$ROOT"/setup.cfg "$ROOT"/setup.py "$ROOT"/pyproject.toml)
    if "$VENV/bin/python" -c 'import libvirt, lxml' 2>/dev/null; then
        for installed in "$1" test; do
            if [ "$(cat "$VENV/.installed-$installed" 2>/dev/null)" = "$want" ]; then
                note "virtual environment: up to date"
                return
            fi
        done
        note "virtual environment .venv: updating it"
    else
        note "virtual environment .venv: creating it with $("$python" -V), libvirt-python built from source"
    fi
    log=$(mktemp)
    if ! { "$VENV/bin/python" -c '' 2>/dev/null || "$python" -m venv --clear "$VENV"; } >"$log" 2>&1 ||
        ! "$VENV/bin/pip" -q install -e "$project" >>"$log" 2>&1 </dev/null; then
        tail -n 25 "$log" >&2
        rm -f "$log"
        die "pip could not install this checkout" "see its messages above; to start again: rm -r $VENV"
    fi
    rm -f "$log"
    printf '%s\n' "$want" > "$VENV/.installed-$1"
}

# make_lock_folder: libvirt locks console devices there; containers with an empty /run do not have it
make_lock_folder() { [ -d /var/lock/. ] || install -d -m 1777 "$(readlink -m /var/lock)"; }

# qemu_can_open_kvm: test as QEMU's user with the groups of its account, as libvirt starts QEMU
qemu_can_open_kvm() { runuser -u libvirt-qemu -- sh -c 'exec 3<>/dev/kvm' 2>/dev/null; }

# open_kvm: let QEMU's user open /dev/kvm. libvirt probes QEMU as root; if QEMU's user cannot open /dev/kvm, libvirt
# considers the result outdated and probes again, for 4 s, at every call. In a container without udev, the permissions
# may be missing, or the device may belong to a group of the outer system.
open_kvm() {
    [ -c /dev/kvm ] && [ ! -d /run/udev ] && id libvirt-qemu >/dev/null 2>&1 || return 0
    qemu_can_open_kvm && return
    local owner
    owner=$(stat -c %g /dev/kvm)
    if [ "$owner" = 0 ]; then
        chgrp kvm /dev/kvm
    elif [ "$owner" != "$(getent group kvm | cut -d : -f 3)" ]; then
        # join the group of that number, so that the outer system's group can still open the device
        getent group "$owner" >/dev/null || groupadd -g "$owner" virtinstall-kvm
        usermod -a -G "$owner" libvirt-qemu
    fi
    chmod g+rw /dev/kvm
    qemu_can_open_kvm && note "/dev/kvm: QEMU's user can open it now" ||
        note "/dev/kvm: QEMU's user cannot open it; every libvirt call will take 4 s"
} 2>/dev/null

DAEMONS_STARTED=()

daemon_answers() { timeout 30 virsh -q -c qemu:///system version >/dev/null 2>&1; }

pid_alive() { [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

# start_daemons: start virtlogd and libvirtd if libvirtd does not answer; false on failure
start_daemons() {
    local name
    open_kvm
    if daemon_answers; then
        note "libvirtd: already running"
        return
    fi
    if [ -d /run/systemd/system ]; then
        systemctl start libvirtd && DAEMONS_STARTED+=(systemd)
    else
        # the daemons would create it for root only, but swtpm runs as another user and needs its socket there
        install -d -m 0755 /run/libvirt
        for name in virtlogd libvirtd; do
            pid_alive "/run/$name.pid" && continue
            "$name" -d && DAEMONS_STARTED+=("$name")
        done
    fi
    for _ in $(seq 30); do
        daemon_answers && note "libvirtd: started" && return
        sleep 0.5
    done
    return 1
}

# stop_daemons: stop only the daemons that start_daemons started
stop_daemons() {
    local name
    for name in "${DAEMONS_STARTED[@]}"; do
        case $name in
            systemd) systemctl stop libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket ;;
            *) pid_alive "/run/$name.pid" && kill "$(cat "/run/$name.pid")" ;;
        esac
    done
    DAEMONS_STARTED=()
}

# make_ansible: install ansible-core and the collection community.libvirt in a separate environment. The collection is
# extracted from the newest ansible on PyPI, which as a whole would need a newer Python.
make_ansible() {
    local log folder=$CACHE/ansible
    if [ -x "$folder/bin/ansible-playbook" ] && [ -d "$folder/collections/ansible_collections/community/libvirt" ]; then
        note "ansible: already installed"
        return
    fi
    note "ansible: installing it from PyPI into $folder"
    log=$(mktemp)
    if ! { "$(find_python)" -m venv --clear "$folder" && "$folder/bin/pip" -q install 'ansible-core >= 2.19, < 2.20' &&
        "$folder/bin/pip" -q download --no-deps --ignore-requires-python -d "$folder/wheel" 'ansible >= 14.5, < 15' &&
        "$folder/bin/python" - "$folder" <<'END' && rm -r "$folder/wheel"; } >"$log" 2>&1; then
import glob, sys, zipfile
folder = sys.argv[1]
with zipfile.ZipFile(glob.glob(f"{folder}/wheel/*.whl")[0]) as wheel:
    names = [name for name in wheel.namelist() if name.startswith("ansible_collections/community/libvirt/")]
    wheel.extractall(f"{folder}/collections", names)
END
        tail -n 5 "$log" >&2
        rm -rf "$log" "$folder"
        return 1
    fi
    rm -f "$log"
}

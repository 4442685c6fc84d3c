"""`python -m virtinstall`: the same as the command `virt-install`."""

from virtinstall.cli.process import virt_install

if __name__ == "__main__":
    virt_install()

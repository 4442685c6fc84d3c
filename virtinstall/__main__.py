"""Entry point of `python -m virtinstall`, which is equivalent to the command `virt-install`."""

from virtinstall.cli.process import virt_install

if __name__ == "__main__":
    virt_install()

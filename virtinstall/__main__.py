"""`python -m virtinstall`: the same as the command `virt-install`."""

import sys

from virtinstall.main import main

sys.exit(main())

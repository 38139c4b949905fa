"""``python -m autosnn_ray``: the command line, where its program is not on the path."""

import sys

from autosnn_ray.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

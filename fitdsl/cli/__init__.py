"""The command line `fit`: each command is a few lines over the Python API."""

import gc
import os
from collections.abc import Sequence

from ..late import late

OBJECTS_BETWEEN_COLLECTIONS = 200_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, by default the one of the process, and exit."""
    # A command makes classes and trees, which stay, and hardly any circular garbage; to look for it as often as Python
    # does by itself is a tenth of the time of `fit check`.
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)
    # No model of ours has a plugin, and looking for some among all installed packages takes as long.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        app = late("cli.app")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    app.main(arguments)

"""fitdsl: describe teacher, student, hints and search in one file; check it, train it, find the student that fits.

Each name is loaded when it is first asked for, so that the command line can set itself up before anything is.
"""

from typing import TYPE_CHECKING, Any

from .late import late

if TYPE_CHECKING:
    from .compilation import Compilation as Compilation
    from .counting.space import Space as Space
    from .diagnostics import Diagnostic as Diagnostic
    from .diagnostics import FitError as FitError
    from .experiment import Experiment as Experiment
    from .experiment import Network as Network
    from .experiment import load as load
    from .experiment import loads as loads
    from .notebook import load_ipython_extension as load_ipython_extension
    from .values import Cost as Cost

_HOMES = {
    **dict.fromkeys(("Diagnostic", "FitError"), "diagnostics"),
    **dict.fromkeys(("Experiment", "Network", "load", "loads"), "experiment"),
    "Compilation": "compilation",
    "Cost": "values",
    "Space": "counting.space",
    "load_ipython_extension": "notebook",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = getattr(late(_HOMES[name]), name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})

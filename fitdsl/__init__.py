"""fitdsl: describe teacher, student, hints and search in one file; check it, train it, find the student that fits."""

from .compilation import Compilation as Compilation
from .compilation import SpaceInfo as SpaceInfo
from .diagnostics import Diagnostic as Diagnostic
from .diagnostics import FitError as FitError
from .experiment import Experiment as Experiment
from .experiment import Network as Network
from .experiment import load as load
from .experiment import loads as loads
from .values import Cost as Cost

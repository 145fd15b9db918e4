"""Everything about updating weights, said without torch; importing this package registers its components."""

from . import initializers, optimizers, schedules, stopping

__all__ = ["initializers", "optimizers", "schedules", "stopping"]

"""What a stage can minimise, said without torch; importing this package registers its components."""

from . import distillation, feature, task

__all__ = ["distillation", "feature", "task"]

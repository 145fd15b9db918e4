"""The grammar of the `.fit` language."""

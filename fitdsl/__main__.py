"""`python -m fitdsl` is `fit`."""

from .cli import main

main()

"""The command line `fit`: each command is a few lines over the Python API."""

from .app import main as main

"""Searches for the best student of a space, and what is handed to Ray: their trials, and runs that span machines."""

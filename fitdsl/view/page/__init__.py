"""A spec as a page to walk through: one file that needs no network."""

"""Stands here so that every test can import the builders beside it, such as `graphs`."""

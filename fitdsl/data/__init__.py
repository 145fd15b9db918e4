"""Data that a spec can name, declared without reading a file or loading an array library, and what reads them."""

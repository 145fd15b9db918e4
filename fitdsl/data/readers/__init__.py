"""One file for each format, loaded only when a data set of that format is opened, since some need slow libraries."""

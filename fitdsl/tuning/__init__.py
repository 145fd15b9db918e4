"""Work handed to Ray: runs that span the machines of a cluster."""

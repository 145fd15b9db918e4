"""How specs, networks, runs and searches draw themselves in a notebook, on one page with other outputs."""

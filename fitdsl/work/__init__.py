"""Work has an address: keys of stages and of frozen outputs, the store of what is finished, and what is worth storing.

Nothing here knows torch, so that `fit plan` can say what would be reused and cached without waiting for it.
"""

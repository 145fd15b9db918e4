"""Everything about updating weights, said without torch."""

"""How many students a spec describes, counted without making each of them."""

"""Reviews in, patches out."""

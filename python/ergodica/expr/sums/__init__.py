"""Sums over neighbours on a lattice, over segments, and over the entries of a sparse matrix."""

"""Spins, fields and automata on lattices."""

"""What `erg.sample` needs for a user's function: densities and the spaces of their parameters."""

"""Drawing from densities: Markov chains, populations, particles, filters."""

"""Recipes of models that learn a distribution from its draws."""

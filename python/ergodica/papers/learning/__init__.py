"""Recipes of trained models."""

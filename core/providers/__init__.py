"""Minds, voices and libraries that live outside; only the composition root names them."""

"""Outer minds, voices and ears; only the assembly names them."""

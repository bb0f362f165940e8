"""Review cards and unit progress."""

"""Voice notes in both directions."""

"""Tools that belong to no feature, and what every tool is made of."""

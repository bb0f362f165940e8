"""The wall to the platforms, one folder each."""

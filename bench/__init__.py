"""Benchmarks: each figure is measured together with a peer or a floor in the same run."""

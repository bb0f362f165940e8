"""The processes web, worker, gateway and beat, and `up`, which runs them together."""

"""The processes: web, worker, gateway and beat."""

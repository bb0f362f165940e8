"""Everything on one machine: programs kept running, their leftovers recognised, one owner for each home."""

"""`python -m workers` is `sona`."""

from workers.cli import main

main()

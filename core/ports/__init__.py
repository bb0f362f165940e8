"""What the core needs from the world, each port one to four methods."""

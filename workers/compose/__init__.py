"""The composition root, one module for each part of the program."""

"""The composition root, a module for each part of the program."""

"""Tests of the processes: settings, composition, queue, supervisor and command line."""

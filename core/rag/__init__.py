"""What Sona has read: cutting it, indexing it, finding it."""

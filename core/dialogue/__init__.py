"""The turn engine: dispatcher, turn draft, transcript and what features share."""

"""The supervisor's error, worded for the person who starts it."""


class CannotStart(Exception):
    """Something cannot be started; `server` is `postgres` or `valkey` when an embedded server is the cause."""

    def __init__(self, reason: str, *, server: str = "") -> None:
        super().__init__(reason)
        self.server = server

"""Callback types that the senders of several platforms share."""

from collections.abc import Awaitable, Callable

CountFallback = Callable[[str], None]
"""Counts a delivery in a simpler form than the reply asks for; the argument names the form (`numbers`, `post` …)."""

SendStep = Callable[[], Awaitable[str]]
"""Sends one of the messages that a reply takes and returns its platform message id."""

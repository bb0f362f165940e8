"""Sona in the terminal: the same street, with lines of text at its end."""

from bots.terminal.channel import TerminalChannel
from bots.terminal.lines import prompted, read
from bots.terminal.screen import PlainScreen, RichScreen, Screen
from bots.terminal.talk import Talk

__all__ = ["PlainScreen", "RichScreen", "Screen", "Talk", "TerminalChannel", "prompted", "read"]

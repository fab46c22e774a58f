"""Other distributions' code: how it is found and loaded, and the guard around every call into it."""

from wattwhat.plugins.discovery import GROUP, Plugin, find_plugins, load
from wattwhat.plugins.guard import OwnThread, pass_on

__all__ = ["GROUP", "OwnThread", "Plugin", "find_plugins", "load", "pass_on"]

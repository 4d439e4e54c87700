"""The admin, one concern per module; importing registers the pages."""

from widget.admin import agents, appearance, application, calls, live, texts, trunk

__all__ = ["agents", "appearance", "application", "calls", "live", "texts", "trunk"]

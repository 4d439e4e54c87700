"""System checks of the widget."""

"""Inputs for lists: people write lines or commas, the database holds JSON."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from widget.encryption import SecretFormField


class ListField(forms.Field):
    """A list of texts in one input. The model's ``clean`` checks and normalises each item."""

    separator: re.Pattern[str]
    joint: str

    def __init__(self, *, encoder: object = None, decoder: object = None, **kwargs: Any) -> None:
        # JSONField passes its own encoder and decoder on; there is nothing to encode here.
        super().__init__(**{**kwargs, "show_hidden_initial": False})

    def prepare_value(self, value: Any) -> Any:
        return self.joint.join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return [item for item in (part.strip() for part in self.separator.split(value or "")) if item]


class LinesField(ListField):
    """One item per line."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 60, "spellcheck": "false"})
    separator = re.compile(r"[\r\n]+")
    joint = "\n"


class CommaField(ListField):
    """Items separated by commas or spaces."""

    widget = forms.TextInput(attrs={"size": 40, "spellcheck": "false"})
    separator = re.compile(r"[,\s]+")
    joint = ", "


class SecretLinesField(SecretFormField):
    """A write-only input of several lines, for what a password input would put into one, such as a key in PEM."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget = WriteOnlyTextarea(attrs={"rows": 4, "cols": 66, "spellcheck": "false", "autocomplete": "off"})


class WriteOnlyTextarea(forms.Textarea):
    """Shows nothing, neither what is stored nor what was sent just now."""

    def format_value(self, value: object) -> None:
        return None

"""A trunk's number rules, and what they make of a number."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from widget.admin import words
from widget.admin.base import TabularInline
from widget.calls.rewriting import is_number, rewrite
from widget.models import NumberRule, RewrittenNumber, Trunk
from widget.switchboard.trunks import rules_for

DIGITS = "12025550100"


class NumberRuleInline(TabularInline[NumberRule, Trunk]):
    model = NumberRule
    extra = 0
    fields = ("applies_to", "position", "prefix", "min_digits", "max_digits", "replacement", "example")
    readonly_fields = ("example",)
    verbose_name_plural = _(
        "Number rules: how this carrier writes numbers. Of each kind the first that fits is applied"
    )

    @admin.display(description=_("for example"))
    def example(self, rule: NumberRule) -> SafeString:
        """A number that this rule fits, as it writes it."""
        if rule._state.adding:
            return SafeString(words.NOTHING)
        number = sample_for(rule)
        return words.foreign(f"{number} → {rule.replacement}{number[len(rule.prefix) :]}")


def sample_for(rule: NumberRule) -> str:
    """A made-up number of the rule's prefix and of a length that it takes."""
    begun = rule.prefix.removeprefix("+")
    length = min(max(rule.min_digits, len(begun) + 4, min(11, rule.max_digits)), rule.max_digits)
    filled = begun + (DIGITS * 2)[: max(length - len(begun), 0)]
    return "+" + filled if rule.prefix.startswith("+") else filled


def previews(trunk: Trunk, number: str) -> Iterator[str]:
    """What each kind of rule that the trunk has makes of a number; nothing for what is no number."""
    for kind in RewrittenNumber:
        rules = rules_for(trunk, kind)
        if rules and is_number(number):
            yield f"{kind.label}: {number} → {rewrite(number, rules)}"

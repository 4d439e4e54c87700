"""Every text that an agent reads, per language: its shipped wording, and the admin's own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from widget import texts
from widget.admin.base import ModelAdmin, ModelForm
from widget.models import Language, TextOverride
from widget.models.text import placeholders

SAMPLES = {"%(number)s": "+1 202 555 0100", "{seconds}": "5"}


@dataclass(frozen=True, slots=True)
class Row:
    """One text in one language; ``own`` is "" where the shipped wording holds."""

    key: str
    source: str
    shipped: str
    own: str


class TextForm(ModelForm[TextOverride]):
    class Meta:
        model = TextOverride
        fields = ("text",)
        widgets = {"text": forms.Textarea(attrs={"rows": 3, "class": "cc-wide", "dir": "auto"})}  # noqa: RUF012  (Django's form)

    def clean_text(self) -> str:
        # A text area sends line ends that nobody meant; one in the middle is refused by the model.
        return str(self.cleaned_data["text"]).strip()


def key_of(source: str) -> str:
    """A short name for a text, for its address."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def source_of(key: str) -> str:
    """The reverse of :func:`key_of`. Raises Http404."""
    for source in texts.known_texts():
        if key_of(source) == key:
            return source
    raise Http404


def sample(text: str) -> str:
    """The text as it could be shown: placeholders filled with made-up values."""
    for placeholder in placeholders(text):
        text = text.replace(placeholder, SAMPLES.get(placeholder, placeholder.strip("%(){}s")))
    return text


@admin.register(TextOverride)
class TextOverrideAdmin(ModelAdmin[TextOverride]):
    """The list shows all texts and not the table's rows; each text has a page of its own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: TextOverride | None = None) -> bool:
        """A text is reset on its page."""
        return False

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "text/<int:language_id>/<str:key>/",
            self.admin_site.admin_view(self.text_view),
            name="ccsdk_textoverride_text",
        )
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        language = _chosen_language(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Texts of the widget"),
            "languages": Language.objects.all(),
            "language": language,
            "q": request.GET.get("q", ""),
            "own_only": "own" in request.GET,
            "rows": _rows(language, request.GET.get("q", ""), own_only="own" in request.GET) if language else [],
        }
        return TemplateResponse(request, "admin/ccsdk/textoverride/list.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Links of the history lead to the text's own page."""
        key = unquote(object_id)
        override = TextOverride.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 19 else None
        if override is None:
            return HttpResponseRedirect(reverse("admin:ccsdk_textoverride_changelist"))
        return HttpResponseRedirect(_address(override))

    def text_view(self, request: HttpRequest, language_id: int, key: str) -> HttpResponse:
        """Show one text; save, preview or reset it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        language, source = get_object_or_404(Language, pk=language_id), source_of(key)
        stored = TextOverride.objects.filter(language=language, source=source).first()
        override = stored or TextOverride(language=language, source=source, text=_shipped(language, source))
        form = TextForm(request.POST or None, instance=override)
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            if "_reset" in request.POST:
                return self._reset(request, stored, language)
            if form.is_valid() and "_preview" not in request.POST:
                return self._save(request, form, is_new=stored is None)
        return self._page(request, form, stored)

    def _page(self, request: HttpRequest, form: TextForm, stored: TextOverride | None) -> HttpResponse:
        override = form.instance
        shown = form.cleaned_data.get("text", "") if form.is_bound and form.is_valid() else override.text
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Text of the widget"),
            "form": form,
            "language": override.language,
            "source": override.source,
            "shipped": _shipped(override.language, override.source),
            "stored": stored,
            "placeholders": [(one, sample(one)) for one in placeholders(override.source)],
            "preview": "" if form.errors else sample(shown),
            "may_change": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/ccsdk/textoverride/text.html", context)

    @transaction.atomic
    def _save(self, request: HttpRequest, form: TextForm, *, is_new: bool) -> HttpResponse:
        override = form.save()
        message = [{"added": {}}] if is_new else [{"changed": {"fields": [str(_("own wording"))]}}]
        log = self.log_addition if is_new else self.log_change
        log(request, override, message)
        self.message_user(request, _("Saved. Open widgets show the new wording now."), messages.SUCCESS)
        return HttpResponseRedirect(_list_address(override.language))

    @transaction.atomic
    def _reset(self, request: HttpRequest, stored: TextOverride | None, language: Language) -> HttpResponse:
        if stored is not None:
            self.log_deletions(request, TextOverride.objects.filter(pk=stored.pk))
            stored.delete()
        self.message_user(request, _("The shipped wording holds again."), messages.SUCCESS)
        return HttpResponseRedirect(_list_address(language))


def _chosen_language(request: HttpRequest) -> Language | None:
    code = request.GET.get("language", "")
    return Language.objects.filter(code=code).first() or Language.objects.order_by("-is_default").first()


def _rows(language: Language, q: str, *, own_only: bool) -> list[Row]:
    own = dict(TextOverride.objects.filter(language=language).values_list("source", "text"))
    rows = [
        Row(key_of(source), source, _shipped(language, source), own.get(source, ""))
        for source in sorted(texts.known_texts(), key=str.casefold)
    ]
    wanted = q.casefold().strip()
    return [
        row
        for row in rows
        if (row.own or not own_only) and wanted in f"{row.source}\n{row.shipped}\n{row.own}".casefold()
    ]


def _shipped(language: Language, source: str) -> str:
    return texts.shipped_text(language.code, source)


def _address(override: TextOverride) -> str:
    return reverse("admin:ccsdk_textoverride_text", args=[override.language_id, key_of(override.source)])


def _list_address(language: Language) -> str:
    return f"{reverse('admin:ccsdk_textoverride_changelist')}?language={language.code}"

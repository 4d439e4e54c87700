"""Applications, and the one moment in which their secret is shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from widget.admin.base import ModelAdmin, ModelForm
from widget.admin.fields import LinesField
from widget.models import Application, generate_api_secret

MIN_SECRET_LENGTH = 8  # the original's own sample has 8


class ApplicationForm(ModelForm[Application]):
    class Meta:
        model = Application
        fields = (
            "name",
            "api_key",
            "api_secret",
            "ip_allow_list",
            "allowed_origins",
            "languages",
            "default_language",
            "default_mode",
            "echo_number",
        )
        field_classes = {"allowed_origins": LinesField, "ip_allow_list": LinesField}  # noqa: RUF012  (Django's form)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # Where a default is generated, Django would compare with a hidden copy in the page, not the stored value.
            field.show_hidden_initial = False
        secret = self.fields.get("api_secret")
        if isinstance(secret, forms.CharField):
            secret.validators.append(MinLengthValidator(MIN_SECRET_LENGTH))
            secret.help_text = _(
                "Stored encrypted and never shown again. Leave it empty to keep the present one, or for a new "
                "application to have one generated. The list of applications has an action that generates a new one."
            )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        chosen, default = self.cleaned_data.get("languages"), self.cleaned_data.get("default_language")
        if chosen and default and default not in chosen:
            self.add_error(
                "default_language",
                _("This is none of the chosen languages. Add it to them or choose another default."),
            )
        return cleaned

    def clean_languages(self) -> Any:
        chosen = self.cleaned_data["languages"]
        if disabled := ", ".join(str(language) for language in chosen if not language.enabled):
            raise ValidationError(_("%(names)s: disabled. Enable first what pages shall get.") % {"names": disabled})
        return chosen


@admin.register(Application)
class ApplicationAdmin(ModelAdmin[Application]):
    form = ApplicationForm
    list_display = ("name", "api_key", "public_id", "origins", "default_language", "default_mode", "created_at")
    list_filter = ("default_language", "default_mode")
    list_select_related = ("default_language", "default_mode")
    search_fields = ("name", "api_key", "public_id")
    date_hierarchy = "created_at"
    actions = ("generate_secret",)
    filter_horizontal = ("languages",)
    fieldsets = (
        (None, {"fields": ("name",)}),
        (
            _("API of the customer's back end"),
            {
                "fields": ("api_key", "api_secret", "ip_allow_list"),
                "description": _("The back end signs its requests with key and secret; pages never see the secret."),
            },
        ),
        (_("Pages that embed the widget"), {"fields": ("allowed_origins",)}),
        (_("What agents see by default"), {"fields": ("languages", "default_language", "default_mode")}),
        (_("Telephone numbers"), {"fields": ("region",)}),
        (_("Agents' audio check"), {"fields": ("echo_number",)}),
    )
    identity = (_("Identity"), {"fields": ("public_id", "created_at")})

    @admin.display(description=_("allowed origins"))
    def origins(self, application: Application) -> str:
        return ", ".join(application.allowed_origins)

    def get_fieldsets(self, request: HttpRequest, obj: Application | None = None) -> Any:
        return (*self.fieldsets, self.identity) if obj else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Application | None = None) -> Any:
        return ("public_id", "created_at") if obj else ()

    def response_add(
        self, request: HttpRequest, obj: Application, post_url_continue: str | None = None
    ) -> HttpResponse:
        if request.POST.get("api_secret"):
            return super().response_add(request, obj, post_url_continue)
        return self._show_secret(request, obj)

    @admin.action(description=_("Generate a new API secret"), permissions=["change"])
    def generate_secret(self, request: HttpRequest, queryset: QuerySet[Application]) -> HttpResponse | None:
        """Ask first: the old secret stops working at once. Then show the new one, this once."""
        if queryset.count() != 1:
            self.message_user(request, _("Select exactly one application."), messages.ERROR)
            return None
        application = queryset.get()
        if "confirmed" not in request.POST:
            return TemplateResponse(
                request, "admin/ccsdk/application/confirm_secret.html", self._context(request, application)
            )
        application.api_secret = generate_api_secret()
        application.save(update_fields=["api_secret"])
        self.log_change(request, application, "Generated a new API secret.")
        return self._show_secret(request, application)

    def _show_secret(self, request: HttpRequest, application: Application) -> HttpResponse:
        # Not through the messages framework: it would put the secret into a cookie or the session's row.
        application.refresh_from_db(fields=["api_secret"])
        context = {**self._context(request, application), "secret": application.api_secret.reveal()}
        response = TemplateResponse(request, "admin/ccsdk/application/show_secret.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def _context(self, request: HttpRequest, application: Application) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": _("API secret"),
            "opts": self.opts,
            "application": application,
        }

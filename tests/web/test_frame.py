"""The two documents that a browser loads: the element's script and the frame, and their headers."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client

from tests.web.factories import make_application, make_language
from widget.errors import ALL_ERRORS
from widget.models import Application

ORIGINS = ["https://crm.example.com", "http://127.0.0.1:8001"]


@pytest.fixture
def application(db: None) -> Application:
    make_language("es", native_name="Español")
    make_language("de", enabled=False)
    return make_application(allowed_origins=ORIGINS)


def _policy(response: Any) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: value for name, _space, value in parts}


def _data(response: Any) -> dict[str, Any]:
    found = re.search(r'<script id="cc-data" type="application/json">(.*?)</script>', response.content.decode(), re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def _frame(client: Client, application: Application, query: str = "") -> Any:
    return client.get(f"/cc/frame/{application.public_id}{query}")


class TestScript:
    def test_any_page_may_load_it(self, client: Client) -> None:
        response = client.get("/sip-sdk.js", headers={"origin": "https://anywhere.example"})
        assert response.status_code == 200
        assert response["Content-Type"] == "text/javascript; charset=utf-8"
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "max-age=300" in response["Cache-Control"]
        assert not response.cookies

    def test_it_is_revalidated_cheaply(self, client: Client) -> None:
        etag = client.get("/sip-sdk.js")["ETag"]
        response = client.get("/sip-sdk.js", headers={"if-none-match": etag})
        assert response.status_code == 304
        assert response.content == b""

    def test_it_is_compressed_and_small(self, client: Client) -> None:
        response = client.get("/sip-sdk.js", headers={"accept-encoding": "gzip"})
        assert response["Content-Encoding"] == "gzip"
        assert len(response.content) < 4096
        served = gzip.decompress(response.content).decode()
        assert served == client.get("/sip-sdk.js").content.decode()

    def test_it_is_the_source_without_its_comments_and_space(self, client: Client) -> None:
        found = finders.find("widget/sip-sdk.js")
        assert isinstance(found, str)
        lines = map(str.strip, Path(found).read_text(encoding="utf-8").splitlines())
        source = " ".join(line for line in lines if not line.startswith(("//", "/*", "*")))
        served = client.get("/sip-sdk.js").content.decode()
        assert _words(served) == _words(source)

    def test_only_reading_is_allowed(self, client: Client) -> None:
        assert client.post("/sip-sdk.js").status_code == 405


def _words(source: str) -> str:
    """All that a script says, but for private names, constants, space and signs that nothing depends on."""
    needed = re.sub(r",\s*(?=[)\]}])|;\s*(?=\})", "", source)
    return re.sub(r"#\w+|\$[a-z]+|(?:(?<=\.{3})|(?<![.\w]))[A-Z][A-Z_]+\b(?!:)|\s", "", needed)


def test_every_error_is_explained_where_the_console_links_to(client: Client) -> None:
    page = client.get("/cc/errors").content.decode()
    assert re.findall(r'<section id="(\d+)">', page) == [str(error.code) for error in ALL_ERRORS]
    assert "Permissions-Policy" in page
    assert "}cc/errors#${value.code}" in client.get("/sip-sdk.js").content.decode()


class TestFrame:
    def test_only_the_applications_pages_may_embed_it(self, client: Client, application: Application) -> None:
        response = _frame(client, application)
        policy = _policy(response)
        assert policy["frame-ancestors"] == " ".join(ORIGINS)
        assert "X-Frame-Options" not in response
        assert _data(response)["origins"] == ORIGINS

    def test_without_origins_nobody_may(self, client: Client, db: None) -> None:
        application = make_application(allowed_origins=[])
        assert _policy(_frame(client, application))["frame-ancestors"] == "'none'"

    def test_the_policy_is_strict(self, client: Client, application: Application) -> None:
        response = _frame(client, application)
        policy = _policy(response)
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["connect-src"] == "'self' ws://testserver wss://testserver"
        assert policy["base-uri"] == policy["form-action"] == "'none'"
        assert "unsafe" not in response["Content-Security-Policy"]
        # Nothing inline but data: neither style, nor handler, nor script.
        inline = re.findall(
            r"<script(?![^>]*(?:src=|application/json))|<style|\sstyle=|\son\w+=", response.content.decode()
        )
        assert inline == []

    def test_other_headers(self, client: Client, application: Application) -> None:
        response = _frame(client, application)
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Permissions-Policy"].startswith("microphone=(self)")
        assert not response.cookies
        # A page that isolates itself (COEP) embeds no frame without these two.
        assert response["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"

    def test_static_files_on_a_host_of_their_own(self, client: Client, application: Application, settings: Any) -> None:
        settings.STATIC_URL = "https://static.example.com/files/"
        assert _policy(_frame(client, application))["script-src"] == "'self' https://static.example.com"

    def test_the_socket_is_beside_the_frame(self, client: Client, application: Application) -> None:
        assert 'ws-connect="/cc/ws"' in _frame(client, application).content.decode()

    def test_language(self, client: Client, application: Application) -> None:
        spanish = _frame(client, application, "?lang=es")
        assert '<html lang="es" dir="ltr"' in spanish.content.decode()
        assert _data(spanish)["texts"]["retry_now"] == "Reintentar ya"
        assert _data(spanish)["errors"]["microphone_missing"]["message"].startswith("No se encontró")
        assert _data(_frame(client, application))["texts"]["retry_now"] == "Retry now"

    def test_an_unknown_application_says_only_that(self, client: Client, db: None) -> None:
        response = client.get("/cc/frame/AAAAAAAAA1")
        assert response.status_code == 404
        assert _policy(response)["frame-ancestors"] == "*"
        assert _data(response)["code"] == 100200
        assert "ws-connect" not in response.content.decode()

    def test_the_number_of_queries_is_bounded(
        self, client: Client, application: Application, django_assert_max_num_queries: Any
    ) -> None:
        with django_assert_max_num_queries(3):
            response: HttpResponse = _frame(client, application, "?lang=es")
        assert response.status_code == 200

# Every command that the README names. They all work in a fresh clone: `make help` lists them.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
PORT ?= 8000
RESET ?=
# Some shells export HOST as the machine's name: only `make demo HOST=…` is a wish, which the demo then refuses.
ASKED_HOST := $(if $(filter command,$(origin HOST)),--host $(HOST))
VENV := .venv
PYTHON_BIN := $(VENV)/bin/python

.PHONY: help
help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.ready-to-run: requirements.txt .ci/environment
	@bash .ci/environment run

$(VENV)/.ready-to-test: requirements.txt requirements-dev.txt .ci/environment
	@bash .ci/environment test

$(VENV)/.ready-to-bench: $(VENV)/.ready-to-test
	@bash .ci/environment bench

.PHONY: demo
demo: $(VENV)/.ready-to-run ## start the demo; PORT=8000 sets the port, RESET=1 makes the demo data anew
	@$(PYTHON_BIN) manage.py demo --port $(PORT) --stop-with-parent $(if $(RESET),--reset) $(ASKED_HOST)

.PHONY: test
test: lint ## everything: format, lint, types, import directions, migrations, messages, then all tests
	@DJANGO_SETTINGS_MODULE=tests.settings $(PYTHON_BIN) manage.py makemigrations --check --dry-run --verbosity 1
	@PYTHONDEVMODE=1 $(PYTHON_BIN) -m pytest --numprocesses 2 --dist loadgroup $(ARGS)

.PHONY: lint
lint: $(VENV)/.ready-to-test ## format, lint, types and import directions
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/biome/node_modules/.bin/biome check --error-on-warnings
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

.PHONY: format
format: $(VENV)/.ready-to-test ## rewrite Python and JavaScript in the project's format
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/biome/node_modules/.bin/biome check --write

KEYWORDS := -k gettext_lazy -k ngettext_lazy:1,2 -k pgettext_lazy:1c,2
WHOLE := en es
AGENT := ar de fr hi pt zh_Hans
UPDATE := $(VENV)/bin/pybabel -q update -D django -d widget/locale -w 120 --no-fuzzy-matching --ignore-obsolete --init-missing

.PHONY: messages
messages: $(VENV)/.ready-to-test ## bring the catalogues in step with the sources; new texts are then empty in them
	@mkdir -p var
	@$(PYTHON_BIN) -m babel.messages.frontend -q extract -F widget/locale/babel.cfg $(KEYWORDS) --no-location --sort-output -o var/django.pot .
	@$(VENV)/bin/pybabel -q extract -F widget/locale/agent.cfg $(KEYWORDS) --no-location --sort-output -o var/agent.pot .
	@for language in $(WHOLE); do $(UPDATE) -i var/django.pot -l $$language; done
	@for language in $(AGENT); do $(UPDATE) -i var/agent.pot -l $$language; done
	@$(VENV)/bin/pybabel -q compile -D django -d widget/locale

EVERY_SCREEN := tests/e2e/element/test_every_screen.py tests/e2e/element/test_every_notice.py

.PHONY: screens
screens: $(VENV)/.ready-to-test ## screenshots of every screen in five variants, into docs/screens
	@mkdir -p docs/screens
	@CCSDK_SCREENS=docs/screens $(PYTHON_BIN) -m pytest -q $(EVERY_SCREEN) tests/e2e/admin/test_accessible.py

.PHONY: pictures
pictures: $(VENV)/.ready-to-test ## take the widget as it looks now for how it should look, in tests/e2e/element/pictures
	@mkdir -p var && touch var/.pictures
	@CCSDK_PICTURES=renew $(PYTHON_BIN) -m pytest -q $(EVERY_SCREEN)
	@find tests/e2e/element/pictures -name '*.png' ! -newer var/.pictures -delete

.PHONY: bench
bench: $(VENV)/.ready-to-test ## CPU per call and added delay of calls through the media relay
	@$(PYTHON_BIN) -m bench.relay

.PHONY: bench-widget
bench-widget: $(VENV)/.ready-to-test ## how long an agent waits for sign-in and first sound, and what a page loads
	@$(PYTHON_BIN) -m bench.widget

.PHONY: bench-bridge
bench-bridge: $(VENV)/.ready-to-bench ## our relay beside aiortc alone and Debian's Janus; QUICK=1 takes under three minutes
	@$(PYTHON_BIN) -m bench.bridge $(if $(QUICK),--quick)

.PHONY: clean
clean: ## remove everything that these commands made: .venv, var, caches
	@rm -rf $(VENV) var dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

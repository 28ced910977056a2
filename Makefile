# Watchbill's commands. A bare machine needs make and Python 3.11 or later; `make run` fetches the rest into .venv.
# Every path is relative, because make cannot hold a folder with a space in its name.

SHELL := /bin/sh
PY := .venv/bin/python
# Environments that forbid Python to keep what it compiled make each of hundreds of processes start in twice the time.
unexport PYTHONDONTWRITEBYTECODE
ROOMS := config teams incidents comms
TEMPLATES := find $(ROOMS) -path '*/templates/*' -name '*.html' -print0
# Settings that production accepts, for the checks that judge its configuration. Nothing is connected to.
PRODUCTION := env \
	WATCHBILL_ENV=production \
	WATCHBILL_SECRET_KEY=only-for-the-check-0123456789-abcdefghijklmnopqrstuvwxyz \
	WATCHBILL_ENCRYPTION_KEYS=only-for-the-check-too-abcdefghijklmnopqrstuvwxyz-0123456789 \
	DATABASE_URL=postgresql://watchbill:secret@db.example.org/watchbill \
	CELERY_BROKER_URL=redis://queue.example.org/0 \
	WATCHBILL_BASE_URL=https://watchbill.example.org \
	WATCHBILL_TRUST_PROXY=yes \
	WATCHBILL_EMAIL_URL=smtp://mail.example.org

.PHONY: help run test browser faults fuzz clients bench check format requirements schema clean install install-dev \
	check-code check-types check-rooms check-templates check-migrations check-schema check-production

help:
	@echo 'make run      a working Watchbill on http://127.0.0.1:8000 (PORT=8001 make run for another port)'
	@echo 'make test     the test suite, in parallel, on servers of its own'
	@echo 'make browser  the tests in a real browser (needs Chromium)'
	@echo 'make clients  runs the clients of PagerDuty and Opsgenie against it'
	@echo 'make bench    measures speed, each beside a baseline'
	@echo 'make check    linters, types, layers, templates, migrations, API schema, production settings'
	@echo 'make format   put code and templates into their format'

run: install
	@exec $(PY) manage.py up --attached

test: install-dev
	@exec $(PY) -m pytest -n auto --dist loadfile -m 'not browser and not faults and not bench and not clients' $(ARGS)

browser: install-dev
	@exec $(PY) -m pytest tests/browser -m browser -n auto --dist loadfile $(ARGS)

# SHORT=yes leaves out what takes minutes by itself; the others wait more than they work.
faults: install-dev
	@exec $(PY) -m pytest tests/faults -m 'faults$(if $(SHORT), and not long)' $(if $(SHORT),-n 3 --dist loadfile) $(ARGS)

# The API's whole schema with many examples each, and every sweep whole: every role at every address, every nonsense in
# every field. `make test` tries one example and the boundaries.
fuzz: install-dev
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-40} $(PY) -m pytest tests/api/test_fuzz.py tests/incidents/test_tools_fuzz.py $(ARGS)
	@WHOLE=yes $(PY) -m pytest -n auto --dist loadfile -m 'not browser and not faults and not bench and not clients' \
		$$(grep -l tests.sweeps -r tests --include='test_*.py') $(ARGS)

bench: install-dev
	@exec $(PY) -m pytest tests/bench -m bench $(ARGS)

# Other tools' own clients, in an environment of their own.
clients: install-dev
	@cmp -s tests/clients/requirements.txt .venv/clients/requirements.txt || { \
		$(PY) -m venv .venv/clients && \
		.venv/clients/bin/python -m pip install -qq --disable-pip-version-check --no-input -r tests/clients/requirements.txt && \
		cp tests/clients/requirements.txt .venv/clients/requirements.txt; }
	@CLIENTS_PYTHON=.venv/clients/bin/python $(PY) -m pytest tests/clients -m clients $(ARGS)

# Each part is a target of its own, so that `make -k check` shows all there is to mend.
check: check-code check-types check-rooms check-templates check-migrations check-schema check-production

check-code: install-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	find $(ROOMS) tests manage.py -name '*.py' -not -path '*/migrations/*' -print0 \
		| xargs -0 $(PY) -m django_upgrade --target-version 5.2 --check

check-types: install-dev
	$(PY) -m mypy

check-rooms: install-dev
	.venv/bin/lint-imports

check-templates: install-dev
	$(TEMPLATES) | xargs -0 .venv/bin/djade --check --target-version 5.2

# The history that a running database has is not looked at, so that none is needed.
check-migrations: install-dev
	$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

check-schema: install-dev
	$(PY) manage.py spectacular --validate --fail-on-warn --file .venv/openapi.yaml
	@diff -u docs/openapi.yaml .venv/openapi.yaml || { \
		echo 'The API changed: run "make schema" and commit docs/openapi.yaml.'; exit 1; }

check-production: install-dev
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

schema: install-dev
	$(PY) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

# The schema that a new installation begins with: every migration is gone through, which takes a minute or two.
baseline: install-dev
	$(PY) manage.py baseline

format: install-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(TEMPLATES) | xargs -0 .venv/bin/djade --target-version 5.2

# The locked versions, with hashes and for every system; no index is named, so any mirror serves.
requirements: install-dev
	$(PY) -m uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--custom-compile-command 'make requirements' --quiet pyproject.toml --output-file requirements.txt
	$(PY) -m uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --extra dev \
		--constraints requirements.txt \
		--custom-compile-command 'make requirements' --quiet pyproject.toml --output-file requirements-dev.txt

# The file last installed lies in .venv beside what it brought, so nothing is installed twice.
install: .venv/bin/python
	@cmp -s requirements.txt .venv/requirements.txt || cmp -s requirements-dev.txt .venv/requirements-dev.txt || { \
		echo 'Installing the requirements; this takes a minute once.' && \
		$(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements.txt && \
		cp requirements.txt .venv/requirements.txt; }

install-dev: .venv/bin/python
	@cmp -s requirements-dev.txt .venv/requirements-dev.txt || { \
		echo 'Installing the requirements for development; this takes a minute or two once.' && \
		$(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements-dev.txt && \
		cp requirements-dev.txt .venv/requirements-dev.txt; }

# An environment whose Python was upgraded away, or that was never finished, is made anew.
.venv/bin/python: FORCE
	@.venv/bin/python -m pip --version >/dev/null 2>&1 || { \
		rm -rf .venv; \
		for python in python3 python3.14 python3.13 python3.12 python3.11; do \
			"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
			found=$$python; \
			"$$python" -c 'import venv, ensurepip' >/dev/null 2>&1 || continue; \
			"$$python" -m venv .venv && exit 0; \
		done; \
		rm -rf .venv; \
		if [ -n "$$found" ]; then \
			echo "$$found has no venv module: install it (on Debian and Ubuntu: apt install python3-venv)." >&2; \
		else \
			echo 'Watchbill needs Python 3.11 or later: no python3 on the PATH is that new.' >&2; \
		fi; \
		exit 1; }

FORCE:

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles

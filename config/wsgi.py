"""The WSGI application that the web server serves."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Whoever waits for a page has left long before this; workers and migrations may take their time.
_OPTIONS = settings.DATABASES["default"]["OPTIONS"]
_OPTIONS["options"] = f"{_OPTIONS.get('options', '')} -c statement_timeout={settings.WATCHBILL_STATEMENT_SECONDS}s"

_application = get_wsgi_application()

# Only now is everything there that the door needs.
from config.published import Published  # noqa: E402
from config.swift import ToolsFirst  # noqa: E402

application = Published(ToolsFirst(_application))

# What is loaded by now stays for good: the collector need not walk through it in the middle of a request.
gc.collect()
gc.freeze()

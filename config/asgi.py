"""The same application for an ASGI server; the views are synchronous, so WSGI is the faster way to serve
it."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()

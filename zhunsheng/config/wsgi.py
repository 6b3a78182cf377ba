"""The WSGI application that granian or another server loads."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhunsheng.config.settings")
application = get_wsgi_application()

from zhunsheng.web import desk  # noqa: E402 - the apps have to be ready

desk.keep_ready()

"""Settings of a site under test: a folder of its own, made anew and removed at the end, never the developer's."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="zhunsheng-test-")
os.environ["ZHUNSHENG_HOME"] = _folder
os.environ.setdefault("ZHUNSHENG_LOG", "INFO")
#: What the desk says counts in tests, also where a busy machine lets it wait for longer than a site would.
os.environ["ZHUNSHENG_DESK_MS"] = "5000"
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

from zhunsheng.config import settings as site  # noqa: E402

site.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
globals().update({name: getattr(site, name) for name in dir(site) if name.isupper()})
STORAGES = {**site.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
#: Argon2 is slow on purpose; a test of the real settings asserts it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if site.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # in a file: the live server and the worker of the tests are other threads and processes
    site.DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/test.sqlite3"}
    site.DATABASES["telemetry"]["TEST"] = {"NAME": f"{_folder}/test-telemetry.sqlite3", "MIGRATE": False}

"""What every test shares: where outside data lies, and how much Hypothesis tries."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# Two busy cores make any deadline flaky; the build server repeats the same examples, a developer sees new ones.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

# Compiled modules are kept, here and by the many processes that tests start: compiling them costs each start seconds.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Playwright keeps an event loop in the main thread until the session ends; Django then takes every later test of the
# same process for asynchronous code and refuses the database. All code here is synchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of outside data, never copied into the repository; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("ZHUNSHENG_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("outside data is absent: set ZHUNSHENG_SHARED_DATA")
    return folder

"""What every test shares: where outside data lies, and how much Hypothesis tries."""

import gc
import os
import shutil
import sys
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings

from tests.cli.kept import elsewhere
from tests.effort import FEWER, times
from tests.migrating import hasten
from tests.once import once

ROOT = Path(__file__).resolve().parents[1]

# Two busy cores make any deadline flaky; the build server repeats the same examples, a developer sees new ones.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=times(100))
settings.load_profile("ci" if os.environ.get("CI") else "desk")

# Compiled modules are kept, here and by the many processes that tests start: compiling them costs each start seconds.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

if FEWER:
    # Each worker of the build server has one core, and what a test holds is small: further threads of DuckDB cost each
    # question a third and find nothing to do. The processes that tests start use as many as there are.
    _connect = duckdb.connect

    def _alone(database=":memory:", read_only=False, config=None):
        return _connect(database, read_only, {"threads": 1, **(config or {})})

    duckdb.connect = _alone

# Playwright keeps an event loop in the main thread until the session ends; Django then takes every later test of the
# same process for asynchronous code and refuses the database. All code here is synchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

#: The files that take longest, by their seconds (``--durations=50``). They come first: begun last, one of them would
#: keep a single core busy while the other waits.
LONG = (
    "web/test_crawl.py", "browser/test_walks.py", "web/test_case_kills.py", "cli/test_commands.py",
    "mqtt/test_kills.py", "casework/test_case_walks.py", "browser/test_accounts.py", "sources/test_fhir_faults.py",
    "patterns/test_agree.py", "patterns/test_examples.py", "sources/test_fhir.py", "browser/test_rulebook.py",
    "cli/test_backup.py", "patterns/test_populations.py", "desk/test_rulings.py", "casework/test_second_policy.py",
    "book/test_workbooks.py", "runs/test_carry.py", "runs/test_execute.py", "sources/test_synthea.py",
    "generator/test_whole.py", "cli/test_readings.py", "book/test_prose.py", "book/test_load.py",
    "browser/test_onsite.py", "facts/test_kills.py", "house/test_lines.py", "sources/test_mutations.py",
    "web/test_rulebook.py", "generator/test_screen.py", "book/test_round_trip.py", "desk/test_desk.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first and leave every other order as it is."""
    rank = {ROOT / "tests" / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path, len(LONG)))


def pytest_collection_finish() -> None:
    """Look for no garbage among what stays until the end: thousands of tests, the models, the libraries."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Leave the file of readings to the runner, which makes it whole; a database for each worker, as ever.

    Flushing says "migrated" each time, and the file has no migrations that it would know of.
    """
    from django.apps import apps
    from django.db.models.signals import post_migrate

    sender = apps.get_app_config("readings")
    assert post_migrate.disconnect(sender=sender, dispatch_uid="readings.migrate_along")
    return hasten()


@pytest.fixture(scope="session")
def django_db_setup(django_db_modify_db_settings, django_db_setup):
    """Migrate the database of the tests quickly, and from then on as Django does."""
    django_db_modify_db_settings()


@pytest.fixture(scope="session")
def laid(django_db_setup, django_db_blocker, tmp_path_factory):
    """Return what lays the databases of an empty site into a folder, where a test starts processes of a site.

    Migrating takes each such site seconds. On PostgreSQL, where this process has no such files, they migrate by
    themselves.
    """
    from django.core.management import call_command
    from django.db import connection, connections

    if connection.vendor != "sqlite":
        return lambda folder: folder
    empty = tmp_path_factory.mktemp("empty")
    readings = connections["telemetry"]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(empty / "zhunsheng.sqlite3")])
        with elsewhere(readings, str(empty / "telemetry.sqlite3")):
            call_command("migrate", "readings", database="telemetry", verbosity=0)
            readings.cursor().execute("PRAGMA journal_mode=DELETE")  # all of it in one file

    def lay(folder: Path) -> Path:
        return shutil.copytree(empty, folder, dirs_exist_ok=True)

    return lay


@pytest.fixture(scope="session")
def runs_of_county(tmp_path_factory) -> Path:
    """Return a folder with two runs of the small county of the pages, the earlier one without the last month."""
    from tests.web.serving import build_two

    return once(tmp_path_factory, "county", build_two)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of outside data, never copied into the repository; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("ZHUNSHENG_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("outside data is absent: set ZHUNSHENG_SHARED_DATA")
    return folder

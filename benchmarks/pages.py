"""Every page over a county of a given size: median milliseconds per address and reader, beside an empty page.

    python -m benchmarks.pages [LINES]        (default 3000000)

Pages are asked through all middleware, without a network. The floor is the page of one error code: the same frame,
the same middleware, no query over facts.
"""

from __future__ import annotations

import json
import os
import sys
import time

from benchmarks._measure import AS_OF, SCRATCH, county, in_child, median, peak_mib, tell
from zhunsheng import runs
from zhunsheng.kernel.home import ROOT

TARGET_MS = 300
FLOOR = "/errors/ZS101"
READERS = ("bureau-head", "consortium", "hospital", "township")


def prepare(lines: int) -> str:
    """Judge the county where that was not done, and make a database beside it; return the county's folder."""
    home = county(lines)
    runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0)
    os.environ["ZHUNSHENG_HOME"] = str(home.root)
    os.environ["DATABASE_URL"] = f"sqlite:///{SCRATCH}/pages-{lines}.sqlite3"
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhunsheng.config.settings"
    os.environ["ZHUNSHENG_LOG"] = "WARNING"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    return str(home.root)


def clients() -> dict[str, object]:
    """Return a client per reader, logged in."""
    from django.conf import settings
    from django.test import Client

    from zhunsheng.casework.bodies import lake
    from zhunsheng.casework.bodies.demo import create_demo_people
    from zhunsheng.casework.bodies.models import User

    settings.ALLOWED_HOSTS.append("testserver")
    places = [vars_of(place) for place in lake.current_run().places.values()]
    create_demo_people(places)
    entered = {}
    for login in READERS:
        client = Client()
        client.force_login(User.objects.get(login=login))
        entered[login] = client
    return entered


def vars_of(place: object) -> dict[str, object]:
    """Return a place as the row of a table."""
    names = ("institution_id", "name", "kind", "level", "parent_id", "region")
    return {name: getattr(place, name) for name in names}


def addresses(login: str) -> dict[str, str]:
    """Return the addresses that a reader opens, with a real record of that reader's scope for each detail page."""
    from zhunsheng.casework.bodies.models import User
    from zhunsheng.casework.bodies.scope import scope

    seen = scope(User.objects.get(login=login))
    with seen.lake() as reader:
        finding = reader.one(
            "SELECT finding_id, institution_id, department_id, practitioner_id, month FROM finding "
            "ORDER BY rows DESC, finding_id LIMIT 1"
        )
        visit = reader.one("SELECT encounter_id FROM charge_line GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1")
    run = seen.file.manifest["run_id"]
    wanted = {"overview": "/", "findings": "/findings", "findings, text": "/findings?q=护理&sort=amount"}
    if finding:
        of_place = f"/findings?institution={finding['institution_id']}&month={finding['month']}"
        wanted |= {"findings of an institution": of_place, "finding": f"/findings/{finding['finding_id']}"}
        level = f"/places?institution={finding['institution_id']}&month={finding['month']}"
        deep = f"&department={finding['department_id'] or '~'}&practitioner={finding['practitioner_id'] or '~'}"
        wanted |= {"institution": level, "practitioner": level + deep}
    return wanted | {
        "places": "/places",
        "places, all months": "/places?month=all",
        "compare": "/compare?month=all",
        "worklist": "/worklist",
        "unmarked": "/findings?mark=none",
        "encounter": f"/encounters/{visit['encounter_id']}",
        "rules": "/rules",
        "rule": "/rules/fund/duplicate-charge",
        "knowledge": "/knowledge/exclusive_services?q=护理",
        "article": "/laws/reg-735/38",
        "runs": "/runs",
        "run": f"/runs/{run}",
        "export csv": "/findings.csv",
    }


def measure(lines: int) -> dict[str, object]:
    """Open every page as every reader: the first time, and the median of the next seven."""
    prepare(lines)
    pages: dict[str, dict[str, dict[str, float]]] = {}
    floors = []
    for login, client in clients().items():
        floors.append(median(lambda c=client: c.get(FLOOR), 7) * 1000)
        for name, address in addresses(login).items():
            began = time.perf_counter()
            status = client.get(address).status_code
            first = (time.perf_counter() - began) * 1000
            if status != 200:
                raise SystemExit(f"{login} {address}: {status}")
            taken = median(lambda c=client, a=address: c.get(a), 7) * 1000
            pages.setdefault(name, {})[login] = {"first_ms": round(first, 1), "median_ms": round(taken, 1)}
    slowest = max(one["median_ms"] for readers in pages.values() for one in readers.values())
    return {
        "lines": lines,
        "floor_ms": round(max(floors), 1),
        "slowest_ms": slowest,
        "target_ms": TARGET_MS,
        "pages": pages,
        "peak_mib": round(peak_mib()),
    }


def main() -> None:
    """Measure in a child process and print."""
    lines = next((int(a) for a in sys.argv[1:] if a.isdigit()), 3_000_000)
    if "--child" in sys.argv:
        sys.stdout.write(json.dumps(measure(lines)) + "\n")
        return
    data = in_child(__file__, str(lines), "--child")
    rows = [
        (
            name,
            " ".join(f"{login} {one['median_ms']:.0f} ms" for login, one in readers.items()),
            f"floor {data['floor_ms']:.0f} ms, target {TARGET_MS} ms",
        )
        for name, readers in data["pages"].items()
    ]
    rows.append(("slowest median", f"{data['slowest_ms']:.0f} ms", f"target {TARGET_MS} ms"))
    rows.append(("peak memory", f"{data['peak_mib']} MiB", ""))
    tell("pages", f"python -m benchmarks.pages {lines}", rows, data)


if __name__ == "__main__":
    main()

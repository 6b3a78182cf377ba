"""Every list and every detail address, asked by every role: nobody meets a mark of what lies outside the scope."""

import os
import random
import re
from collections import Counter
from datetime import date

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse

from tests.web.fixtures import CURRENT, EARLIER
from tests.web.people import PASSWORD, PEOPLE_IN_REACH, ROLES, SEES
from tests.web.serving import LEAD, PLACES
from tests.web.test_desk_page import typed
from zhunsheng.casework.bodies.actions import create_user
from zhunsheng.casework.bodies.lake import current_run
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.cases.actions import attach, move, open_case
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.desk.actions import make_key
from zhunsheng.casework.imports.actions import start_import
from zhunsheng.casework.imports.inbox import receive
from zhunsheng.casework.judgements.actions import start_run
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.kernel.home import ROOT
from zhunsheng.kernel.time import parse_date

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.timeout(900)]  # one test asks as every role
FULL = bool(os.environ.get("ZHUNSHENG_FULL"))
POSTGRES = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
#: On PostgreSQL, whose walls stand under the same views, one of each kind of reader asks.
KINDS = ("head", "health", "whole", "consortium", "town", "vendor", "keeper", "stranger")
LOGINS = KINDS if POSTGRES and not FULL else (*ROLES, "stranger")
#: In CI a role asks every seventh list: of the roles side by side three ask each of them; on PostgreSQL two.
STRIDE = 4 if POSTGRES else 7
#: Pairs of owner and reader of which details were asked for, and what leaked; benchmarks/crawl.py counts them.
PAIRS, LEAKS = Counter(), []
#: Addresses that are not pages over rows of an institution: forms that change something, and pages for everyone.
APART = {
    "login", "logout", "language", "errors", "error", "health", "metrics", "import-confirm", "import-discard",
    "run-start", "mark",
    "note-add", "note-correct", "view-save", "view-change", "workbook-confirm", "workbook-discard", "decide",
    "login-second", "login-options", "sso", "sso-back", "account-code-remove", "account-codes", "account-passkey",
    "account-passkey-remove", "account-session-end", "duty-give", "duty-change", "person-change",
    "decision-withdraw", "desk-respond", "desk-key-revoke", "fsi", "case-move", "case-settle", "case-extend",
    "case-attach", "grant-change",
    "feed", "feed-change", "notice-read", "notice-choose", "notice-mail", "delegation-give",
    "delegation-end", "webhook-change",
    "overturned-answer",
    # pages of the public: no login, the names of institutions are public, one receipt opens one tip-off
    "report", "report-figures", "report-follow", "report-add", "report-claim", "report-leave",
    "service", "service-follow", "service-judge", "service-leave", "service-survey", "service-violations",
    "service-reports",
    "service-complaint", "service-lookup", "service-prices", "service-prices-export", "service-ratings",
    "service-vendors", "informing-record", "portal-add",
    "tip-write", "tip-unseal", "tip-settle",
    # forms over a document, and the public check of a code
    "document-draft", "document-act", "verify",
    "inspection-new", "inspection-change", "inspector-end", "visit-problems", "problem-case",
    "onsite-worker", "onsite-manifest", "onsite-put", "onsite-photo", "sample-share", "self-check-mark",
    "self-check-report", "agreement-write", "relation-check",
    "device-add", "certificate-revoke", "contact-end", "trip-change", "alarm-step",
}  # fmt: skip


def each_role():
    """Yield every login: each meets the same site, for what one leaves behind is undone before the next one comes."""
    for login in LOGINS:
        with transaction.atomic():
            yield login
            transaction.set_rollback(True)


def marks(place):
    return {
        place.id,
        place.name,
        f"内科{place.mark}",
        f"医师{place.mark}",
        f"子宫造影{place.mark}",
        f"血常规{place.mark}",
        f"M{place.id[-4:]}",
    }


def samples():
    """One finding per rule and institution (gone ones included), one encounter per institution, by owner."""
    found = []
    with current_run().reader(None) as reader:
        for table in ("finding", "gone_finding"):
            names = "institution_id, MIN(finding_id) AS f, MIN(encounter_id) AS e"
            for row in reader.rows(f"SELECT {names} FROM {table} GROUP BY institution_id, rule_id"):
                found.append((row["institution_id"], f"/findings/{row['f']}"))
                if table == "finding" and row["e"]:  # what is gone may have taken its encounter along; clues have none
                    found.append((row["institution_id"], f"/encounters/{row['e']}"))
        lines = (
            "SELECT institution_id, MIN(line_id) AS l, ARG_MIN(encounter_id, line_id) AS e FROM charge_line GROUP BY 1"
        )
        found += [(row["institution_id"], f"/encounters/{row['e']}/lines/{row['l']}") for row in reader.rows(lines)]
        crossing = "SELECT institution_id, finding_id AS f FROM finding WHERE rule_id = 'fund/overlapping-stays'"
        found += [(row["institution_id"], f"/findings/{row['f']}") for row in reader.rows(crossing)]
    return found


def sampled(login, found):
    """A seeded sample of the details per role; all of them where ZHUNSHENG_FULL is set."""
    if FULL:
        return found
    own = [one for one in found if one[0] in {place.id for place in SEES[login]}]
    dice = random.Random(login)
    return dice.sample(found, 5) + dice.sample(own, min(3, len(own)))


def turns(login, found):
    """The lists that it is a role's turn to ask; all of them where ZHUNSHENG_FULL is set."""
    return found if FULL else found[LOGINS.index(login) % STRIDE :: STRIDE]


def turn_of(login, tried, more=0):
    """The one of several costly trials that it is a role's turn to ask; all of them where ZHUNSHENG_FULL is set."""
    return tried if FULL else tried[(LOGINS.index(login) + more) % len(tried) :][:1]


def no_leak(login, address, text, name):
    """Check that an answer holds no mark that its reader may not meet."""
    met = sorted(mark for mark in forbidden_marks(login, address) if mark in text.replace(name, ""))
    LEAKS.extend((login, address, mark) for mark in met)
    assert not met, (login, address, met)


def levels():
    """Every level of the tree below each institution, by owner."""
    found = []
    for place in PLACES:
        address = f"/places?institution={place.id}&month=all"
        found += [(place.id, address), (place.id, f"{address}&department=D1")]
        found.append((place.id, f"{address}&department=D1&practitioner=D{place.id[-4:]}D1"))
        found.append((place.id, f"/places.csv?institution={place.id}&month=all"))
        found += [
            (place.id, f"/indicators/records/charge_class{rows}?subject={place.id}")
            for rows in ("", "/rows", "/rows.csv")
        ]
    return [*found, (LEAD.id, f"/places?consortium={LEAD.id}&month=all")]


def lists():
    own = [f"?institution={place.id}" for place in PLACES]
    findings = [
        "",
        "?state=gone",
        "?verdict=unknown",
        "?sort=institution",
        "?cols=institution-department-practitioner-person-scope-rows",
    ]
    return [
        "/indicators", "/indicators?span=12", "/indicators.xlsx", "/indicators.csv?area=records", "/indicators.json",
        "/indicators/care/readmission_31?span=12", "/indicators/care/department_stay_days",
        "/places", "/places?month=all", "/places.xlsx", "/places.csv", "/compare",
        "/compare?group=hospital/2&month=all",
        "/compare?per=settlements&rule=fund/duplicate-charge", "/compare.csv", "/worklist", "/worklist.csv",
        "/findings?mark=any", "/findings?mark=none", f"/findings?consortium={LEAD.id}",
        "/", "/?all=1", "/?month=2026-09", "/overview.xlsx", "/imports", "/runs",
        "/rules", "/rules?q=00", "/rules.json?q=00", "/rules/lint", "/rules/backtest",
        "/rules/backtest?rule=fund/duplicate-charge",
        *[f"/findings?decided={one}" for one in ("confirmed", "overturned", "none")],
        "/cases", "/cases?show=all", "/cases?show=late&cycle=clue", "/clues", "/clues?month=2026-09",
        "/cases/new?cycle=clue", "/grants", "/grants?show=all", "/grants.csv", "/grants/new",
        "/inbox", "/inbox.csv", "/notices", "/calendar", "/delegations", "/deliveries",
        "/recoveries", "/recoveries?due=late", "/recoveries.csv", "/recoveries.xlsx",
        "/rules/overturned", "/documents", "/documents.csv", "/documents.xlsx",
        "/oversight", "/oversight.csv", "/oversight.xlsx", "/oversight/pool", "/oversight/survey",
        "/oversight/meetings", "/oversight/meetings?show=late", "/oversight/meetings.csv", "/oversight/meetings.xlsx",
        *(f"/oversight/{what}{more}" for what in ("complaints", "incidents", "sanctions", "surveys", "exits")
          for more in ("", "/export.csv")),
        "/vendors", "/vendors.csv", "/vendors.xlsx", "/vendors/negative", "/vendors/expiry", "/vendors/overview",
        "/vendors/reports", "/service/reports",
        "/agreements", "/agreements.csv", "/agreements.xlsx", "/prices", "/prices.csv", "/prices.xlsx", "/relations",
        "/points", "/points.csv", "/points.xlsx", "/points/register.csv", "/points/register.xlsx",
        "/fleet", "/fleet.csv", "/fleet.xlsx", "/trips", "/alarms", "/quarantine",
        "/alerts", "/alerts?over=1", "/ratings", "/ratings/tried",
        "/ratings/subsidies", "/ratings/subsidies.csv", "/ratings/subsidies.xlsx",
        "/tips", "/tips?show=all", "/tips.csv?show=all", "/tips.xlsx", "/tips/new",
        "/tips/figures",
        "/inspections", "/inspections/people", "/samples", "/samples/new",
        "/desk", "/desk/items?q=00", "/desk/reminders", "/desk/keys",
        f"/runs/{CURRENT}", f"/runs/{EARLIER}", f"/runs/{CURRENT}/against",
        *[f"/findings{query}" for query in (*findings, *own)],
        *[f"/findings.{kind}{query}" for kind in ("csv", "xlsx") for query in ("", own[0])],
        "/rules/fund/duplicate-charge", "/knowledge/exclusive_services", "/workbooks", "/laws/reg-735",
        "/laws/reg-735/38",
    ]  # fmt: skip


def body(response):
    if response.streaming:
        return b"".join(response.streaming_content).decode("utf-8", "replace")
    if "spreadsheet" in response.headers.get("Content-Type", ""):
        import io
        import zipfile

        with zipfile.ZipFile(io.BytesIO(response.content)) as book:
            return "".join(book.read(name).decode() for name in book.namelist())
    return response.content.decode()


def forbidden_marks(login, address):
    """Marks that a reader may not meet; what the reader typed into the address is echoed and not counted."""
    outside = set(PLACES) - SEES[login]
    return {mark for place in outside for mark in marks(place) if mark not in address}


def test_no_role_meets_a_mark_from_outside_its_scope(as_, people, ready):
    details = [*samples(), *levels()]
    for login in each_role():
        asks_lists_and_details(as_, people, login, details)


def asks_lists_and_details(as_, people, login, details):
    client = as_(login)
    own = {place.id for place in SEES[login]}
    name = people[login].body.name if people[login].body else ""
    for address in turns(login, lists()):
        response = client.get(address)
        assert response.status_code in (200, 403), (login, address)
        no_leak(login, address, body(response), name)
    for owner, address in sampled(login, details):
        response = client.get(address)
        PAIRS[owner, login] += 1
        if owner in own:
            assert response.status_code == 200 or (".csv" in address and response.status_code == 403), address
        else:
            wanted = {404} if may(people[login], Verb.READ_FINDINGS) else {403}
            assert response.status_code in wanted | ({403} if ".csv" in address else set()), (login, address)
        no_leak(login, address, body(response), name)


def test_imports_and_jobs_show_to_their_own_body_only(as_, people):
    item = start_import(people["whole"], [receive("秘密.csv", [b"x"])])
    job = start_run(people["whole"], parse_date("2026-10-31"))
    for login in each_role():
        asks_imports_and_jobs(as_, login, item, job)


def asks_imports_and_jobs(as_, login, item, job):
    client = as_(login)
    for address in (
        f"/imports/{item.pk}",
        f"/imports/{item.pk}/progress",
        f"/imports/{item.pk}/report.json",
        "/imports",
        f"/runs/jobs/{job.pk}",
    ):
        response = client.get(address)
        if login != "whole":
            assert response.status_code in (403, 404) or address == "/imports", address
            assert "秘密.csv" not in body(response)
    for address in (f"/imports/{item.pk}/confirm", f"/imports/{item.pk}/discard"):
        assert client.post(address).status_code in ((403, 404) if login != "whole" else (302, 409)), address


def pages():
    return [one for one in get_resolver().url_patterns[0].url_patterns if isinstance(one, URLPattern)]


def test_every_interface_asks_for_a_key_even_of_who_is_logged_in(as_, ready):
    """The description is open; all else wants a key, and an address that nobody listed here is noticed."""
    (api,) = [one for one in get_resolver().url_patterns[0].url_patterns if not isinstance(one, URLPattern)]
    open_to_all = {"openapi-json", "api-root"}
    client = as_("head")
    asked = [f"/api/{one.pattern}" for one in api.url_patterns if one.name not in open_to_all]
    assert len(asked) == 7
    for address in [*asked, *(f"/fsi/{infno}" for infno in ("3101", "3102", "3103"))]:
        get, post = client.get(address).status_code, client.post(address, "{}", content_type="application/json")
        assert 401 in (get, post.status_code) and {get, post.status_code} <= {401, 405}, address
    for name in open_to_all:
        answer = body(client.get(reverse(f"api:{name}")))
        assert not [mark for place in PLACES for mark in marks(place) if mark in answer]


def test_every_address_asks_for_a_login(client, county):
    for pattern in pages():
        if pattern.name in APART:
            continue
        address = "/" + re.sub(r"<(int|str|path):(\w+)>", lambda m: {"int": "1"}.get(m[1], "x"), str(pattern.pattern))
        response = client.get(address)
        assert response.status_code == 302, address
        assert response["Location"].startswith("/login?next="), address


def test_the_crawl_covers_every_page(county, people):
    names = {pattern.name for pattern in pages()}
    from django.urls import resolve

    crawled = {
        resolve(address.partition("?")[0]).view_name for address in [*lists(), *(a for _, a in [*samples(), *levels()])]
    }
    crawled |= {
        "view",
        "workbook",  # tests/web/test_workbooks.py asks every role for one
        "workbooks-export",  # knowledge is the same for every reader; it comes as an archive
        "import",
        "import-progress",
        "import-report",
        "run-progress",
        "import-confirm",
        "import-discard",
        *("people", "person", "bodies", "audit", "audit-export"),  # asked by every role below
        *("account", "account-password", "account-code", "account-passkey-options", "confirm"),  # the own account
        "home",  # leads on to the inbox or the overview
        "case",  # below: a case about every institution
        "case-file",
        "grant",  # tests/web/test_grants.py asks both sides and others
        *("points-person", "points-propose"),  # tests/web/test_points.py asks several institutions
        *("document", "document-file"),  # tests/web/test_documents.py asks several readers for one
        "subsidy",  # tests/web/test_subsidies.py asks both sides and others for one
        *("alert", "rating", "ratings-vendor"),  # tests/web/test_alert_pages.py asks several readers for each
        # tests/web/test_informing.py and test_portal.py ask several roles for each
        *("informing", "portal", "portal-prices", "portal-incident", "portal-exception", "vendor-duties"),
        "agreement",  # tests/web/test_agreements.py asks both sides and others for one
        *("tip", "tip-file"),  # tests/web/test_tips.py asks every kind of reader for one
        # tests/web/test_fleet.py asks several roles for each
        *("device", "device-enter", "trip", "trip-live", "trip-new", "alarm"),
        "seal",  # tests/casework/test_seals.py asks several roles for one
        "seal-receipt",
        # tests/web/test_inspections.py asks several roles for each
        *("inspection", "inspection-draw", "visit", "visit-export", "onsite", "onsite-pack", "sample", "sample-export"),
        *("self-check", "self-check-export", "inspections-export", "samples-export"),
        # tests/web/test_oversight.py asks several roles for each
        *("oversight-check", "oversight-round", "oversight-exit", "oversight-draw", "oversight-pool-change"),
        *("meeting", "meeting-new"),  # tests/web/test_meetings.py asks several bodies for one
        # tests/web/test_vendors.py asks several roles for a vendor
        *("vendor-part", "vendor-archive-export"),  # tests/web/test_vendor_files.py asks several readers for each
        *("periodic", "periodic-freeze", "periodic-export"),
        *("vendor", "vendor-new", "vendor-open", "vendor-review", "vendor-paper", "vendor-add", "vendor-check"),
        "agreement-new",  # tests/web/test_agreements.py asks the office, a vendor and others for it
    }
    assert names - crawled - APART == set()


def every_decision_and_reminder(people, as_):
    """Let the whole site's authority decide on a finding and answer a reminder at every institution, in its marks."""
    people["whole"].duties.create(body=people["whole"].body, name="head", valid_from=date(2026, 1, 1))
    client = as_("whole")
    for place in PLACES:
        with current_run().reader(None) as reader:
            sql = "SELECT MIN(finding_id) AS f FROM finding WHERE institution_id = ? AND verdict <> 'unknown'"
            key = reader.one(sql, [place.id])["f"]
        said = {"outcome": "overturned", "cause": "wrong_facts", "reason": f"核对{place.name}病历"}
        assert client.post(f"/findings/{key}/decisions", said).status_code == 302
        body = Body.objects.filter(institution_code=place.id, kind="institution").first()
        if body is not None:
            make_key(people["whole"], body, f"接口{place.name}")
            order = typed(institution=place.id)
            found = re.search(r'value="justified (\w+)"', client.post("/desk", order).content.decode())[1]
            answer = {**order, "answer": f"justified {found}", f"reason-{found}": f"{place.name}会诊"}
            assert client.post("/desk/respond", answer).status_code == 200
        yield place.id, f"/findings/{key}"


def test_no_role_meets_a_decision_reminder_or_trial_from_outside_its_scope(as_, people, ready, monkeypatch):
    monkeypatch.setattr(settings, "DESK_BUDGET_MS", 2000.0)  # what it says counts here, on a busy machine too
    decided = list(every_decision_and_reminder(people, as_))
    for login in each_role():
        asks_decisions_and_trials(as_, people, login, decided)


def asks_decisions_and_trials(as_, people, login, decided):
    client, own = as_(login), {place.id for place in SEES[login]}
    name = people[login].body.name if people[login].body else ""
    answers = [
        (address, client.get(address))
        for address in ("/findings?decided=overturned", "/desk", "/desk/reminders", "/desk/keys", "/rules/backtest")
    ]
    answers += [(address, client.get(address)) for owner, address in decided]
    for rule in turn_of(login, ("fund/overlapping-stays", "fund/duplicate-claim", "fund/low-standard-admission")):
        path = ROOT / "rulebook" / "rules" / f"{rule}.yaml"
        if path.exists():
            answers.append(("/rules/backtest", client.post("/rules/backtest", {"text": path.read_text("utf-8")})))
    for address, answer in answers:
        assert answer.status_code in (200, 403, 404), address
        no_leak(login, address, body(answer), name)
    reminders = body(client.get("/desk/reminders"))
    for place in PLACES:
        if may(people[login], Verb.ASK_DESK) and Body.objects.filter(institution_code=place.id, kind="institution"):
            assert (f"{place.name}会诊" in reminders) is (place.id in own), place.name


def test_no_role_meets_a_person_a_body_or_evidence_from_outside_its_reach(as_, people):
    for login in each_role():
        asks_people_and_evidence(as_, people, login)


def asks_people_and_evidence(as_, people, login):
    others = people if FULL else {one: people[one] for one in random.Random(login).sample(sorted(people), 4)}
    for other in others:
        as_(other).get("/account")  # each of them leaves evidence
    client, user = as_(login), people[login]
    reach = PEOPLE_IN_REACH.get(login, set()) if may(user, Verb.READ_PEOPLE) else set()
    outside = {f"职员{other}" for other in people if other not in reach and other != login}
    outside |= {people[other].body.name for other in people if other not in reach and people[other].body}
    outside -= {people[other].body.name for other in {*reach, login} if people[other].body}
    for address in ("/people", "/people?q=职员", "/bodies", "/audit", "/audit.csv", "/account"):
        answer = client.get(address)
        verb = Verb.READ_EVIDENCE if address.startswith("/audit") else Verb.READ_PEOPLE
        assert answer.status_code == (200 if address == "/account" or may(user, verb) else 403), address
        text = body(answer).replace(user.body.name if user.body else "-", "")
        assert not [mark for mark in outside if mark in text], address
    deeds = ("duties", "lock", "unlock", "password", "clear-factors")
    for number, (other, person) in enumerate(others.items()):
        answer = client.get(f"/people/{person.pk}")
        PAIRS[other, login] += 1
        assert answer.status_code == (200 if other in reach else 404 if may(user, Verb.READ_PEOPLE) else 403), other
        for deed in turn_of(login, deeds, number):
            if other not in reach:
                assert client.post(f"/people/{person.pk}/{deed}", {"reason": "x"}).status_code in (403, 404), deed
        held = person.duties.first()
        if held and other not in reach:
            assert client.post(f"/duties/{held.pk}/end", {}).status_code in (403, 404)


def every_case(people):
    """Let two authorities open cases about every institution and tell the party of every other one, in its marks."""
    for login in ("whole", "head"):
        user = people[login]
        user.duties.get_or_create(body=user.body, name="head", valid_from=date(2026, 1, 1))
        officers = [one.pk for one in (user, create_user(Process("test"), f"{login}-2", "复核", user.body, PASSWORD))]
        User.objects.get(pk=officers[1]).duties.create(body=user.body, name="head", valid_from=date(2026, 1, 1))
        for number, place in enumerate(PLACES):
            if login == "head" and place not in SEES["head"]:
                continue
            given = {"officers": officers, "article": "reg-735/38", "reason": f"核查{place.name}"}
            case = open_case(user, "fund_case", given, body=user.body, institution_id=place.id)
            attach(user, case, f"内科{place.mark}.txt", [f"{place.name}".encode()])
            if number % 2:
                told = {"article": "reg-735/38", "loss_fen": "10.00", "facts": f"{place.name}多收费用若干，详见清单"}
                move(user, case, "notify", told, version=Case.objects.get(pk=case.pk).version)
            yield user.body_id, place, Case.objects.get(pk=case.pk)


def test_no_role_meets_a_case_that_it_may_not_see(as_, people):
    made = list(every_case(people))
    for login in each_role():
        asks_cases(as_, people, login, made)


def sees_case(reader, own, handling, place, case):
    """Said a second time: who handles it, the whole site's authority, and whom it is about once it was told."""
    told = place.id in own and case.party_sees and reader.body.kind in ("institution", "consortium")
    return may(reader, Verb.READ_CASES) and (reader.body_id == handling or reader.login == "whole" or told)


def some_of_each(login, made, seen):
    """Two of the cases that a role sees and three of the others; all of them where ZHUNSHENG_FULL is set."""
    if FULL:
        return made
    dice = random.Random(login)
    both = [[one for one in made if seen[one[2].pk] is may_see] for may_see in (True, False)]
    return [one for found, most in zip(both, (2, 3), strict=True) for one in dice.sample(found, min(most, len(found)))]


def asks_cases(as_, people, login, made):
    client, reader = as_(login), people[login]
    own = {place.id for place in SEES[login]}
    shows = ("all", *turn_of(login, ("waiting", "open", "late")))
    lists = "".join(body(client.get(f"/cases?show={show}")) for show in shows)
    rows = set(re.findall(r'data-href="/cases/(\d+)"', lists))
    name = reader.body.name if reader.body else ""
    seen = {one[2].pk: sees_case(reader, own, *one) for one in made}
    assert {pk for pk in seen if str(pk) in rows} == {pk for pk, may_see in seen.items() if may_see}, login
    for handling, place, case in some_of_each(login, made, seen):
        PAIRS[handling, login] += 1
        answers = [client.get(f"/cases/{case.pk}"), client.get(f"/cases/{case.pk}/files/{case.attachments.get().pk}")]
        answers.append(client.post(f"/cases/{case.pk}/moves/notify", {"version": "0"}))
        allowed = {answer.status_code for answer in answers} & {200, 302, 409, 422}
        assert bool(allowed) == seen[case.pk], (login, case.pk, place.name, [one.status_code for one in answers])
        if not seen[case.pk]:
            text = "".join(body(answer) for answer in answers).replace(name, "")
            assert not [mark for mark in marks(place) - {f"内科{place.mark}"} if mark in text]
    assert not [mark for mark in forbidden_marks(login, "") if mark in lists.replace(name, "")]

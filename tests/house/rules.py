"""House rules as data: what is refused, where, why, and sample lines on both sides.

``pattern`` is searched in each line of a view (see tree.py). ``allow`` maps a path to the reason why it may;
an entry that nothing needs any more fails the test, so the lists can only shrink.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CODE = ("zhunsheng/*.py", "tools/*.py")
FINDERS = tuple(
    f"zhunsheng/{stage}/*.py" for stage in ("book", "patterns", "engines", "indicators", "runs", "lights", "scoring")
)
DJANGO = tuple(f"zhunsheng/{stage}/*.py" for stage in ("casework", "web", "config", "cli"))
READ_BY_PEOPLE = (
    "*.py",
    "*.md",
    "*.sql",
    "*.sh",
    "*.toml",
    "*.yaml",
    "*.yml",
    "*.js",
    "*.mjs",
    "*.css",
    "Makefile",
    ".ci/run",
)
ON_SCREEN = ("zhunsheng/*.html", "zhunsheng/*.toml", "assets/*.js", "rulebook/*.yaml")


@dataclass(frozen=True, slots=True)
class Rule:
    """One refusal. ``bad`` lines must be found and ``good`` lines must not, through the same view."""

    name: str
    why: str
    pattern: str
    where: tuple[str, ...]
    view: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    suffix: str = ".py"
    outside: tuple[str, ...] = ()
    allow: dict[str, str] = field(default_factory=dict)


RULES = (
    Rule(
        "one-clock",
        "kernel.time.now is the only clock: it is aware, and tests can set it",
        r"\b(datetime|date|timezone)\.(now|today|utcnow|utcfromtimestamp)\(|\btime\.time\(|\bauto_now(_add)?=True",
        CODE,
        "code",
        good=("moment = now()", "day = time.now().date()", "started = perf_counter()", "seconds = moment.timestamp()"),
        bad=(
            "moment = datetime.now()",
            "moment = datetime.datetime.utcnow()",
            "day = date.today()",
            "at = timezone.now()",
            "started = time.time()",
            "made = DateTimeField(auto_now_add=True)",
        ),
        allow={"zhunsheng/kernel/time.py": "the one clock"},
    ),
    Rule(
        "no-float-money",
        "amounts are integer fen; a float loses the last digit",
        r"\bfloat\([^)]*(fen|yuan|amount|price|money)|(_fen|_yuan|amount|price)\w*\s*:\s*float\b|_fen\)?\s*/(?!/)",
        CODE,
        "code",
        good=("total_fen: int", "half = total_fen // 2", "share = float(days)", "text = yuan(amount_fen)"),
        bad=(
            "total = float(row.amount)",
            "amount_fen: float = 0",
            "unit_price: float",
            "shown = total_fen / 100",
            "shown = sum(x_fen) / 100",
        ),
    ),
    Rule(
        "only-actions-write",
        "business writes stand in actions.py, in one transaction with their evidence",
        r"\.save\(|\.delete\(\)|\.objects\b.*\.(create|update|delete|bulk_create|bulk_update|get_or_create|update_or_create)\(",
        DJANGO,
        "code",
        outside=("*/actions.py", "*/migrations/*.py"),
        good=("rows = Finding.objects.filter(state=new)", "settings.update(values)", "created = actions.create(user)"),
        bad=(
            "finding.save()",
            "Finding.objects.create(state=new)",
            "Finding.objects.filter(id=1).update(state=new)",
            "user.delete()",
            "Finding.objects.filter(\n    id=1\n).delete()",
        ),
    ),
    Rule(
        "finders-read-no-clock",
        "a finder gives the same findings whenever it runs: today is an argument",
        r"\bnow\(|\btoday\(|\butcnow\(|\btime\.(time|monotonic|perf_counter|sleep)\b|\bperf_counter\b|\bmonotonic\(",
        FINDERS,
        "code",
        good=("day = as_of", "moment = at(seconds)", "known = known_now"),
        bad=("day = now().date()", "day = date.today()", "time.sleep(1)", "started = perf_counter()"),
    ),
    Rule(
        "finders-roll-no-dice",
        "a finder gives the same findings every time: no randomness, no fresh identities",
        r"\b(random|secrets|uuid)\b\.|\buuid[14]\(|\burandom\(|\bshuffle\(|^(from|import) (random|secrets|uuid)\b",
        FINDERS,
        "code",
        good=("key = identity(rule, subject)", "randomised = False"),
        bad=(
            "import random",
            "pick = random.choice(rows)",
            "key = uuid4()",
            "key = os.urandom(8)",
            "from uuid import uuid4",
        ),
    ),
    Rule(
        "finders-write-nothing",
        "finding changes nothing; the few places that store a run or imported knowledge are named",
        r"\.write_(text|bytes)\(|\bwrite_whole\(|\.unlink\(|\.rename\(|\bshutil\.|\.mkdir\(|\.touch\(|\.to_parquet\(",
        FINDERS,
        "code",
        good=("text = path.read_text()", "rows = sheet.rows", "plan = connection.sql(text)"),
        allow={
            "zhunsheng/book/archive.py": "keeps the rule books that runs were judged by",
            "zhunsheng/book/workbooks/store.py": "imports published workbooks into the site's own folder",
            "zhunsheng/runs/execute.py": "publishes the finished run: manifest and pointer",
            "zhunsheng/runs/store.py": "keeps the folders of runs",
        },
        bad=(
            "path.write_text(text)",
            "write_whole(path, data)",
            "path.unlink()",
            "shutil.rmtree(path)",
            "path.mkdir()",
        ),
    ),
    Rule(
        "print-only-in-cli",
        "output belongs to the command line; everything else returns values or logs",
        r"(?<![\w.])print\(",
        CODE,
        "code",
        outside=("zhunsheng/cli/*",),
        good=("console.print(table)", "fingerprint(key)", 'text = "print(1)"'),
        bad=("print(total)", "if x: print(x)"),
    ),
    Rule(
        "no-eval",
        "rules are data; nothing that arrives as text is run",
        r"(?<![\w.])(eval|exec)\(",
        ("*.py",),
        "code",
        good=("value = evaluate(x)", "connection.execute(sql)", "ast.literal_eval(text)"),
        bad=("eval(formula)", "exec(text)", "x = [eval(y) for y in z]"),
    ),
    Rule(
        "pattern-sql-in-files",
        "a pattern's SQL stands in its .sql file, whole, where people and the linter read it",
        r"(?is)^\s*(select|with|insert|create|copy|update|delete)\b.*\b(from|as|into|set|table)\b",
        ("zhunsheng/patterns/*.py",),
        "strings",
        good=('text = "item_sex.sql"', '"""Select rows from facts."""', 'name = "with dates"', 'x = "created"'),
        bad=(
            'sql = "SELECT a FROM b"',
            'sql = f"SELECT a FROM {table}"',
            'sql = "select a from %s" % table',
            'sql = "WITH c AS (SELECT 1) SELECT a FROM c"',
        ),
    ),
    Rule(
        "sql-is-static",
        "no templating: placeholders in SQL files would make rules out of text",
        r"\{\{|\{%|\{[a-z_]+\}|%s|%\([a-z_]+\)s",
        ("zhunsheng/*.sql",),
        "raw",
        suffix=".sql",
        good=("SELECT a FROM b WHERE c % 2 = 0", "SELECT $as_of", "-- see {a, b}"),
        bad=("SELECT {column} FROM b", "SELECT {{ column }}", "SELECT a FROM %s", "SELECT %(name)s", "{% if x %}"),
    ),
    Rule(
        "no-addresses-in-locks",
        "a lock names versions and hashes; where a package is fetched is the machine's business",
        r"https?://[^\"]*\.(whl|tgz|tar\.gz|zip)|\"resolved\"|--(extra-)?index-url|--find-links|--trusted-host",
        ("requirements/*", "package-lock.json", ".npmrc"),
        "raw",
        suffix=".txt",
        good=(
            "django==5.2.19 \\",
            "    --hash=sha256:00",
            '      "integrity": "sha512-00=="',
            '        "url": "https://example.org/fund"',
        ),
        bad=(
            "--index-url https://example.org/simple",
            '      "resolved": "https://example.org/a.tgz"',
            "a @ https://example.org/a-1.0-py3-none-any.whl",
        ),
    ),
    Rule(
        "no-registry-hosts",
        "registries are reached through their ordinary clients, as each machine sets them up",
        r"(?i)\b(p[y]pi\.org|p[y]thonhosted\.org|n[p]mjs\.(org|com)|deb\.d[e]bian\.org|cr[a]tes\.io|n[p]mmirror)",
        ("*",),
        "raw",
        suffix=".txt",
        good=("see the project's page", "npm ci", "pip install uv"),
        bad=(
            "curl https://registry.n" + "pmjs.org/x",
            "index = https://py" + "pi.org/simple",
            "files.python" + "hosted.org",
        ),
    ),
    Rule(
        "no-machine-paths",
        "a path of one machine is wrong on every other",
        r"(^|[^A-Za-z0-9_.~-])/(work|farm|root|home/[a-z]+|Users|mnt|data)/",
        ("*",),
        "raw",
        suffix=".txt",
        good=("../shared/data", "var/lake", "/usr/share/fonts", "https://example.org/work/x", "rules/home/x"),
        bad=("cd /wo" + "rk/main", '"/ro' + 'ot/x"', "path = /home/li" + "/x", "(/Us" + "ers/x)"),
    ),
    Rule(
        "plain-words",
        "a reader who finds it hard is not helped by 'simply'; and nobody knows who 'we' are",
        r"(?i)\b(we|we're|we'll|let's|simply|just|obviously|trivially)\b",
        READ_BY_PEOPLE,
        "prose",
        good=("x = 1  # the day is adjusted", "we = 1", "# owe, justice, wee", '"""Return the day."""'),
        bad=("x = 1  # we add one", "# Just add one", '"""Simply add."""', "# obviously true"),
    ),
    Rule(
        "nothing-unfinished",
        "what is not built is not pretended",
        r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b|\bNot[I]mplementedError\b",
        ("*.py", "*.sql", "*.js", "*.mjs", "*.css", "*.html", "*.sh", "*.md", "*.yaml", "Makefile"),
        "raw",
        good=("# todos are issues", "raise Problem(code)"),
        bad=("# TO" + "DO later", "raise NotImplemented" + "Error", "# FIX" + "ME"),
    ),
    Rule(
        "no-star-imports",
        "a reader must see where a name comes from",
        r"\bimport\s*\*",
        ("*.py",),
        "code",
        good=("from a import b", "x = a * b"),
        bad=("from a import *",),
    ),
    Rule(
        "formal-on-screen",
        "people are addressed as 您, calmly",
        r"你|！",
        ON_SCREEN,
        "raw",
        suffix=".html",
        good=("<p>请您核对。</p>", "if (a != b)"),
        bad=("<p>你好</p>", "<p>完成！</p>"),
    ),
)

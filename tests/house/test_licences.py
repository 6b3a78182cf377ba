"""What is installed may be used: permissive licences, and the exceptions that ADR 7 names."""

import re
from importlib.metadata import PackageNotFoundError, metadata

from tests.house.tree import read

PERMISSIVE = re.compile(r"\b(MIT|MIT-0|BSD|Apache|ISC|PSF|0BSD|Zlib|CC0|Unlicense)\b", re.I)
COPYLEFT = re.compile(r"\b(A?GPL|LGPL|MPL|EUPL|SSPL|CDDL|EPL)\b|General Public|Mozilla", re.I)
NAMED = {"psycopg": "LGPL-3.0-only", "psycopg-binary": "LGPL-3.0-only", "paho-mqtt": "EPL-2.0 OR BSD-3-Clause"}
ADR = "docs/adr/0007-libraries-and-licences.md"


def names(path):
    """Return the package names of a requirements file."""
    return [m[1].lower() for line in read(path).splitlines() if (m := re.match(r"([A-Za-z0-9][\w.-]*)", line))]


def licence(name):
    """Return what a package declares about its licence, as one text."""
    data = metadata(name)
    classifiers = [c for c in data.get_all("Classifier") or [] if c.startswith("License")]
    return " ".join([data.get("License-Expression") or "", (data.get("License") or "")[:60], *classifiers])


def objectionable(declared):
    """Whether a declared licence is copyleft, or is none that is known as permissive."""
    return bool(COPYLEFT.search(declared)) or not PERMISSIVE.search(declared)


def test_everything_a_site_runs_on_is_permissive_or_named():
    found = {}
    for name in names("requirements/base.txt"):
        try:
            declared = licence(name)
        except PackageNotFoundError:
            continue  # needed on other systems only, by an environment marker of the lock
        if objectionable(declared):
            found[name] = declared.strip()
    assert found.keys() == NAMED.keys()
    assert all(NAMED[name] in declared for name, declared in found.items())


def test_every_direct_requirement_stands_in_the_decision():
    page = read(ADR)
    wanted = set(names("requirements/base.in"))
    table = page[page.index("| library |") : page.index("psycopg is the one")]
    listed = {
        name.strip(" *") for line in table.splitlines()[2:] if "|" in line for name in line.split("|")[1].split(",")
    }
    assert listed == wanted


def test_the_check_itself_can_fail():
    assert objectionable("GPL-3.0-or-later")
    assert objectionable("License :: OSI Approved :: GNU General Public License v3 (GPLv3)")
    assert objectionable("Proprietary")
    assert objectionable("")
    assert not objectionable("License :: OSI Approved :: MIT License")
    assert not objectionable("MIT OR Apache-2.0")

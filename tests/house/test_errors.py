"""The error catalogue: complete in two languages, used, and given the values that its sentences name."""

import ast
import re
from dataclasses import fields

from tests.house.tree import files, read
from zhunsheng.kernel.errors import ErrorKind, catalogue

TEXTS = [field.name for field in fields(ErrorKind) if field.name != "code"]


def names(template):
    return set(re.findall(r"\{(\w+)\}", template))


def wanted(kind):
    """Return the values that a kind's sentences name."""
    return set().union(*(names(getattr(kind, text)) for text in TEXTS))


def faults(kind):
    """Yield what is wrong with one entry of the catalogue."""
    for text in TEXTS:
        value = getattr(kind, text)
        if not value.strip():
            yield f"{kind.code}.{text} is empty"
        if "!" in value or "！" in value:
            yield f"{kind.code}.{text} shouts"
        if text.endswith("zh") != bool(re.search("[\u4e00-\u9fff]", value)) and value.strip():
            yield f"{kind.code}.{text} is in the wrong language"
    for zh, en in (("zh", "en"), ("mend_zh", "mend_en")):
        if names(getattr(kind, zh)) != names(getattr(kind, en)):
            yield f"{kind.code}: {zh} and {en} name different values"
    if names(kind.kept_zh) | names(kind.kept_en):
        yield f"{kind.code}: what was kept names no values"


def unmet(text, kinds):
    """Yield calls of Problem with a literal code that leave a named value out, as (line, code, missing)."""
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Problem"):
            continue
        code = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        given = {keyword.arg for keyword in node.keywords}
        if code in kinds and None not in given and (missing := wanted(kinds[code]) - given):
            yield node.lineno, code, sorted(missing)


def test_every_entry_is_complete():
    assert not [fault for kind in catalogue().values() for fault in faults(kind)]


def test_every_code_is_used_and_every_used_code_exists():
    text = "\n".join(read(path) for path in files("zhunsheng/*.py", "zhunsheng/*.sql", "zhunsheng/*.yaml"))
    used = set(re.findall(r"\bZS[0-9]{3}\b", text))
    # the converter's SQL carries the number alone and puts ZS before it at the end
    numbers = {f"ZS{number}" for number in re.findall(r"\b2[0-9]{2}\b", read("zhunsheng/sources/convert.py"))}
    assert set(catalogue()) - used - numbers == set(), "no code raises it"
    assert used - set(catalogue()) == set(), "the catalogue does not hold it"


def test_every_problem_is_raised_with_the_values_that_its_sentences_name():
    found = [(path, *call) for path in files("zhunsheng/*.py") for call in unmet(read(path), catalogue())]
    assert not found


def test_the_checks_themselves_can_fail():
    good = ErrorKind("ZS199", "“{x}”错", "{x} is wrong", "原样", "as it was", "改", "mend")
    assert list(faults(good)) == []
    assert list(faults(ErrorKind("ZS199", "“{x}”错", "it is wrong", "原样", "as it was", "改", "mend"))) != []
    assert list(faults(ErrorKind("ZS199", "", "x", "原样", "as it was", "改", "mend"))) != []
    assert list(faults(ErrorKind("ZS199", "错！", "wrong", "原样", "as it was", "改", "mend"))) != []
    assert list(faults(ErrorKind("ZS199", "错", "错", "原样", "as it was", "改", "mend"))) != []
    kinds = {"ZS199": good}
    assert list(unmet('raise Problem("ZS199", y=1)', kinds)) == [(1, "ZS199", ["x"])]
    assert list(unmet('raise Problem("ZS199", x=1)', kinds)) == []
    assert list(unmet('raise Problem("ZS199", **values)', kinds)) == []

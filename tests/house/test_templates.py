"""Templates: a line opens one block at most and is at most 160 columns wide, full-width characters counted twice."""

import ast
import re
from unicodedata import east_asian_width

from tests.house.tree import files, raw, read

WIDEST = 160
BLOCK = re.compile(
    r"<(article|aside|dd|details|div|dl|dt|footer|form|h[1-6]|header|li|main|nav|ol|option|p|section|select|summary|table"
    r"|tbody|td|tfoot|th|thead|tr|ul)\b"
)
#: A sentence alone on its line: a translate tag cannot be broken.
SENTENCE = re.compile(r"""\{% translate ("[^"]*"|'[^']*') %\}""")

#: What stands between the quotes of a class, without what a template puts in.
CLASSES = re.compile(r'class="([^"]*)"')
FILLED = re.compile(r"[^\s%}]*\{\{.*?\}\}\S*|\{%.*?%\}")


def classes(text):
    """Yield each class that a template names in full."""
    for found in CLASSES.findall(text):
        yield from FILLED.sub(" ", found).split()


def styled():
    sheets = "".join(read(path) for path in files("zhunsheng/web/static/css/*.css"))
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", sheets))


def width(line):
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in line)


def faults(text):
    """Yield (line number, what is wrong) for each line that is hard to read."""
    for number, line in raw(text):
        if len(BLOCK.findall(line)) > 1:
            yield number, "opens more than one block"
        if width(line) > WIDEST and not SENTENCE.fullmatch(line.strip()):
            yield number, f"has {width(line)} columns"


def test_a_line_of_a_template_opens_one_block_and_can_be_read():
    assert not [(path, *fault) for path in files("zhunsheng/*.html") for fault in faults(read(path))]


def test_the_check_itself_can_fail():
    assert list(faults("<tr><td>1</td></tr>\n")) == [(1, "opens more than one block")]
    assert list(faults('<p>\n  {% if a > 1 %}<b class="x">1</b>{% endif %}\n</p>\n')) == []
    assert list(faults("<thead>\n  <th>1</th><th>2</th>\n")) == [(2, "opens more than one block")]
    assert list(faults("<p>" + "字" * 79 + "</p>\n")) == [(1, "has 165 columns")]
    assert list(faults("<p>" + "字" * 76 + "</p>\n")) == []
    assert list(faults('  {% translate "' + "字" * 90 + '" %}\n')) == []
    assert list(faults('<p>{% translate "' + "字" * 90 + '" %}</p>\n')) == [(1, "has 205 columns")]


def test_each_class_of_a_template_stands_in_the_stylesheet():
    known = styled()
    assert len(known) > 100
    used = {(path, one) for path in files("zhunsheng/*.html") for one in classes(read(path))}
    assert {(path, one) for path, one in used if one not in known} == set()
    assert list(classes('<p class="note{% if a %} wide{% endif %} badge--{{ x }} b">')) == ["note", "wide", "b"]


def keys(node):
    """Return the text keys of the dicts written under a node of a syntax tree."""
    found = (key for one in ast.walk(node) if isinstance(one, ast.Dict) for key in one.keys)
    return {key.value for key in found if isinstance(key, ast.Constant)}


def test_no_page_names_a_value_like_one_of_the_frame():
    functions = [node for node in ast.parse(read("zhunsheng/web/context.py")).body if isinstance(node, ast.FunctionDef)]
    (frame,) = [node for node in functions if node.name == "frame"]
    assert {"user", "may", "nav", "section", "frame_run", "frame_inbox"} <= keys(frame)
    assert not [(path, keys(ast.parse(read(path))) & keys(frame)) for path in files("zhunsheng/web/views/*.py")
                if keys(ast.parse(read(path))) & keys(frame)]  # fmt: skip

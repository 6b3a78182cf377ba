"""The English of the pages is complete, and a page in English holds no Chinese but names and data."""

import re

import pytest
from babel.messages.pofile import read_po
from django.test import Client

from tests.web.people import PASSWORD
from zhunsheng.book.load import load_laws
from zhunsheng.kernel.home import ROOT
from zhunsheng.web import catalogues, messages

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def english():
    with (ROOT / "locale/en/LC_MESSAGES/django.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id}


def test_every_text_has_its_english_and_no_english_is_left_over(english):
    wanted = set(messages.texts())
    assert sorted(wanted - set(english)) == []
    assert sorted(set(english) - wanted) == []


def test_an_english_text_is_english_and_keeps_the_values_of_its_original(english):
    places = re.compile(r"%\(\w+\)s|\{\w+\}")
    for text, told in english.items():
        assert told, text
        assert not HAN.search(told), text
        assert sorted(places.findall(text)) == sorted(places.findall(told)), text


def test_texts_are_found_in_templates_and_code():
    template = '{% translate "甲" %}{% blocktranslate with n=x|count %}乙 {{ n }} 件{% endblocktranslate %}'
    assert list(messages.of_template(template)) == ["甲", "乙 %(n)s 件"]
    template = "{% blocktranslate trimmed with n=x|count %}\n  乙 {{ n }} 件\n{% endblocktranslate %}"
    assert list(messages.of_template(template)) == ["乙 %(n)s 件"]
    assert list(messages.of_template('{{ one|yesno:_("戊,己") }}{{ two|default:_("庚") }}')) == ["戊,己", "庚"]
    assert list(messages.of_module('x = _("丙")\ny = other("丁")\n')) == ["丙"]


def test_a_catalogue_is_compiled_when_its_text_is_newer(tmp_path):
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "甲"\nmsgstr "A"\n'
    )
    assert [path.name for path in catalogues.compile_stale(tmp_path)] == ["django.mo"]
    assert catalogues.compile_stale(tmp_path) == []


#: Data that stays as registered: names of bodies, people, places, items, files, citations, units of parameters.
DATA = ("title=", "option", "citation")
PAGES = (
    "/login",
    "/",
    "/findings",
    "/runs",
    "/imports",
    "/errors/ZS704",
    "/rules",
    "/laws/reg-735/38",
    "/nothing",
    "/account",
    "/account/password",
    "/account/code",
    "/confirm",
)


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES)
def test_a_page_in_english_holds_chinese_only_in_data(people, as_, address):
    client = Client() if address == "/login" else as_("reviewer")
    client.post("/language", {"language": "en", "next": "/"})
    page = client.get(address).content.decode()
    assert 'lang="en"' in page
    text = re.sub(r"<script.*?</script>|<[^>]+>", " ", page, flags=re.S)
    known = {"中文", people["reviewer"].body.name, people["reviewer"].display_name}
    for place in (
        "青禾县人民医院松",
        "青禾县竹溪镇卫生院竹",
        "竹溪镇梅村卫生室梅",
        "青禾县中医院兰",
        "仁和药房荷",
        "远山市医院枫",
    ):
        known.add(place)
    if address == "/rules":  # titles have their English; numbers and short titles stay as printed
        known |= {word for law in load_laws(ROOT / "rulebook").values() for word in (law.number, law.short)}
    for name in sorted(known, key=len, reverse=True):
        text = text.replace(name, "")
    left = {
        piece
        for piece in re.findall(r"\S*[\u4e00-\u9fff]\S*", text)
        if not piece.endswith(("松", "竹", "梅", "兰", "荷"))
    }
    allowed = {"国务院令第", "号", "条例", "医保基金"} if address == "/laws/reg-735/38" else set()
    assert {piece for piece in left if not any(part in piece for part in allowed)} == set()


@pytest.mark.django_db
def test_the_language_is_kept_with_the_account_and_in_the_browser(people):
    client = Client()
    client.post("/language", {"language": "en"})
    assert "Log in" in client.get("/login").content.decode()
    client.post("/login", {"login": "head", "password": PASSWORD})
    assert "总览" in client.get("/").content.decode()
    client.post("/language", {"language": "en"})
    people["head"].refresh_from_db()
    assert people["head"].language == "en"
    assert "Overview" in client.get("/").content.decode()
    assert client.post("/language", {"language": "xx"}).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("login", ["operator", "keeper", "watcher"])
def test_the_pages_of_administrators_speak_english(people, as_, login):
    """Headings, labels, buttons and states; names of people and bodies stay as registered."""
    client = as_(login)
    client.post("/language", {"language": "en", "next": "/"})
    for address in ("/people", f"/people/{people['reviewer'].pk}", "/bodies", "/audit"):
        page = client.get(address).content.decode()
        words = re.findall(r"<(h1|h2|th|dt|label|button|summary|option|span)\b[^>]*>([^<]*)<", page)
        left = {text.strip() for _tag, text in words if HAN.search(text)} - {"中文"}
        named = {person.display_name for person in people.values()} | {p.body.name for p in people.values() if p.body}
        assert {text for text in left if not any(name in text for name in named)} == set(), address

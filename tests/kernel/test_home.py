"""The site's folder follows the environment, and naming it touches nothing."""

from zhunsheng.kernel import home as module
from zhunsheng.kernel.home import ROOT, home, rulebook


def test_the_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path / "site"))
    monkeypatch.setenv("ZHUNSHENG_RULEBOOK", str(tmp_path / "book"))
    site = home()
    parts = [site.lake, site.runs, site.inbox, site.reports, site.book, site.key]
    assert all(part.is_relative_to(tmp_path / "site") for part in parts)
    assert len(set(parts)) == len(parts)
    assert rulebook() == tmp_path / "book"
    assert not (tmp_path / "site").exists()


def test_without_the_environment_it_lies_in_the_working_copy(monkeypatch):
    monkeypatch.delenv("ZHUNSHENG_HOME", raising=False)
    monkeypatch.delenv("ZHUNSHENG_RULEBOOK", raising=False)
    assert module.home().root == ROOT / "var"
    assert rulebook() == ROOT / "rulebook"
    assert (ROOT / "pyproject.toml").exists()

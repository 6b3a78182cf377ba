"""Backups of a site that runs: checked, restored, tried; and the log afterwards, with real witness processes."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.cli import kept
from tests.cli.kept import add, build, carry, environment_of, inside, say
from tests.cli.test_commands import COMMAND
from zhunsheng.casework.backups import actions, keys
from zhunsheng.cli import backup as command
from zhunsheng.evidence import note
from zhunsheng.evidence.places import LogPlace, make_witness
from zhunsheng.evidence.store import Log
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT
from zhunsheng.kernel.time import now

WITNESSES = ("health", "hospital")


@contextmanager
def witness(folder, port="0"):
    """A witness in a process of its own on 127.0.0.1; yields its address."""
    command = [*COMMAND, "witness", "run", str(folder), "--port", port]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield child.stdout.readline().split()[0]
    finally:
        child.kill()
        child.wait()


@pytest.fixture(scope="module")
def site(tmp_path_factory, django_db_blocker):
    """A site with rows in its log, cosigned by two witnesses in processes of their own."""
    place = tmp_path_factory.mktemp("kept")
    home = place / "home"
    with django_db_blocker.unblock():
        with inside(home):
            build()
        log = LogPlace(home / "log")
        vkey = note.load_skey(log.key).verifier.vkey
        folders = [make_witness(place / name, f"{name}.example/witness", name, [vkey]).root for name in WITNESSES]
        with witness(folders[0]) as first, witness(folders[1]) as second:
            lines = [f"log {vkey}"]
            for name, folder, address in zip(WITNESSES, folders, (first, second), strict=True):
                lines.append(f"witness {name} {note.load_skey(folder / 'witness.key').verifier.vkey} {address}")
            lines += ["group both all health hospital", "quorum both", ""]
            log.policy_file.write_text("\n".join(lines), "utf-8")
            assert carried(home) == 2
            yield place


def carried(home):
    """Carry the rows of a site into its log; return how many witnesses cosigned."""
    with inside(home):
        return carry().witnesses


@pytest.fixture(scope="module")
def backup(site):
    """A backup with keys; afterwards the site goes on, so that log and witnesses are ahead of it."""
    with patch.dict("os.environ", ZHUNSHENG_MAIL="smtps://site:mail-password@mail.example:465"):
        return made_and_gone_on(site)


def made_and_gone_on(site):
    told = say(site / "home", "backup", "make", site / "backups", "--keys")
    with inside(site / "home"):
        add(4)
    assert carried(site / "home") == 2
    return told


def len_of_log(site):
    """Return how many entries the log of the site holds."""
    with closing(Log(site / "home" / "log" / "log.db")) as log:
        return log.size


def objects(place):
    return sorted(place.glob("objects/??/*"))


def test_a_backup_tells_what_it_holds_and_no_key_lies_open_in_it(site, backup):
    assert backup["log"] == backup["evidence"] == 5 and backup["keys"]
    home = site / "home"
    hidden = [*(home / "secret").iterdir(), *(home / "log").glob("*.key"), home / "reports" / "forgotten.pem"]
    assert len(hidden) >= 7
    secrets = [path.read_bytes().strip() for path in hidden] + [b"mail-password"]
    stored = [path.read_bytes() for path in (site / "backups").rglob("*") if path.is_file()]
    assert not [1 for secret in secrets for data in stored if secret in data]
    assert b"mail.example" in b"".join(stored)  # the setting itself is told
    assert {b"a document", b"rows of a second part"} <= set(stored)
    told = say(site / "home", "backup", "check", site / "backups")
    assert told["faults"] == [] and told["signature"] == "checked" and told["unfinished"] == []


def test_the_drill_restores_fetches_what_the_backup_lacks_and_finds_all_in_place(site, backup):
    told = say(site / "home", "backup", "drill", site / "backups", "--name", backup["name"], "--keys")
    assert told["good"] and told["fetched"] == 5 and told["seconds"] > 0  # four rows, and that of the backup
    seen = {one["name"]: one for one in told["checks"]}
    assert "相符 5" in seen["行与条目"]["seen"] and "恢复时已知缺失 5" in seen["行与条目"]["seen"]
    assert seen["见证方"]["state"] == seen["密钥"]["state"] == "well"
    assert json.loads((site / "home" / "upkeep" / "drill.json").read_text("utf-8"))["good"]


def test_the_drill_tells_that_a_log_without_a_mirror_would_stand_still(site, backup, tmp_path, monkeypatch):
    at_hand = lambda words, given: kept.said(Path(given["ZHUNSHENG_HOME"]), *words)[1]  # noqa: E731 - one line
    monkeypatch.setattr(command, "_said", at_hand)  # the drill above had processes of its own
    words = ["backup", "drill", site / "backups", "--name", backup["name"], "--mirror", tmp_path]
    told = say(site / "home", *words, expect=3)
    assert not told["good"]
    assert [one["name"] for one in told["checks"] if one["state"] == "missing"] == ["见证方"]


def test_a_restored_log_signs_again_after_the_missing_entries_were_fetched(site, backup, tmp_path, monkeypatch):
    home = tmp_path / "home"
    told = say(home, "backup", "restore", site / "backups", "--name", backup["name"], "--keys")
    assert told["keys_missing"] == [] and told["following"] % 1_000_000 == 0
    monkeypatch.setattr(actions, "now", lambda: now() + timedelta(minutes=5))
    again = say(tmp_path / "again", "backup", "restore", site / "backups", "--name", backup["name"])
    assert again["following"] > told["following"]  # the first one's numbers may be in the log by now
    assert (home / "secret" / "pseudonym.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Problem, match="ZS804"):  # the witnesses have seen more: no second history
        carried(home)
    mirror = tmp_path / "mirror"
    shutil.copytree(site / "home" / "log" / "tiles", mirror)
    assert say(home, "log", "recover", home / "log", mirror)["fetched"] == 5
    shutil.copytree(site, tmp_path / "set-aside", ignore=shutil.ignore_patterns("home", "backups"))
    with inside(home):
        assert add(1)[0] > 1_000_000
    found = say(home, "log", "reconcile")
    assert (found["rows"], found["equal"], found["waiting"], found["lost"]) == (7, 5, 2, 5) and not found["wrong"]


def test_a_restored_log_goes_on_under_a_new_name_with_a_reason_where_the_entries_are_lost(site, backup, tmp_path):
    home = tmp_path / "home"
    say(home, "backup", "restore", site / "backups", "--name", backup["name"], "--keys")
    vkey = say(home, "log", "reopen", home / "log", "--origin", "log.example/kept-2", "--reason", "disk lost")["log"]
    policy = (home / "log" / "policy").read_text("utf-8")
    folders = [tmp_path / name for name in WITNESSES]
    for name, folder in zip(WITNESSES, folders, strict=True):  # the witnesses learn the new key, as people tell them
        shutil.copytree(site / name, folder)
        with (folder / "logs").open("a") as file:
            file.write(f"{vkey}\n")
    with witness(folders[0]) as first, witness(folders[1]) as second:
        lines = [f"log {vkey}", *policy.splitlines()[1:]]
        for i, address in enumerate((first, second), 1):
            lines[i] = f"{lines[i].rsplit(' ', 1)[0]} {address}"
        (home / "log" / "policy").write_text("\n".join([*lines, ""]), "utf-8")
        assert carried(home) == 2
    found = say(home, "log", "reconcile")
    assert found["others"] == 1 and not found["wrong"]  # the leaf that states the reason


def test_what_is_in_use_is_not_written_over_unless_it_is_named(site, backup, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "notes").write_text("mine", "utf-8")
    words = ["backup", "restore", site / "backups"]
    assert say(home, *words, expect=1)["error"]["code"] == "ZS974"
    assert say(home, *words, "--over", "yes", expect=1)["error"]["code"] == "ZS974"
    told = say(home, *words, "--over", home)
    assert [path.read_text("utf-8") for path in home.glob("before-restore-*/notes")] == ["mine"]
    assert "secret/pseudonym.key" in told["keys_missing"]
    assert not (home / "RESTORING").exists()


def test_a_second_backup_stores_what_is_new_and_old_ones_go(site, backup, tmp_path, monkeypatch):
    vault = tmp_path / "vault"
    first = say(site / "home", "backup", "make", vault)
    count = len(objects(vault))
    monkeypatch.setattr(actions, "now", lambda: now() + timedelta(seconds=1))
    second = say(site / "home", "backup", "make", vault, "--keep", "1")
    assert first["name"] != second["name"]
    assert [path.stem for path in sorted((vault / "backups").glob("*.json"))] == [second["name"]]
    assert len(objects(vault)) == count  # the new database in place of the old one
    assert say(site / "home", "backup", "check", vault)["faults"] == []


def test_what_differs_from_the_manifest_is_told_and_not_restored(site, backup, tmp_path):
    vault = tmp_path / "vault"
    shutil.copytree(site / "backups", vault)
    keep = next(path for path in objects(vault) if path.read_bytes() == b"a notice")
    keep.write_bytes(b"A notice")
    told = say(site / "home", "backup", "check", vault, expect=3)
    assert [fault[1] for fault in told["faults"]] == ["differs"]
    assert say(tmp_path / "new", "backup", "restore", vault, expect=1)["error"]["code"] == "ZS979"
    keep.unlink()
    assert say(site / "home", "backup", "check", vault, expect=3)["faults"][0][1] == "absent"
    manifest = next((vault / "backups").glob("*.json"))
    manifest.write_text(manifest.read_text("utf-8").replace('"size":8', '"size":9'), "utf-8")
    assert say(site / "home", "backup", "check", vault, expect=3)["signature"] == "refused"
    vkey = note.load_skey(LogPlace(site / "home" / "log").operator).verifier.vkey
    refused = say(tmp_path / "new", "backup", "restore", vault, "--operator", vkey, expect=1)["error"]
    assert refused["values"]["detail"] == "signature"


def test_keys_open_with_their_passphrase_only(site, backup, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "PASSPHRASE", "another passphrase")
    told = say(tmp_path / "home", "backup", "restore", site / "backups", "--keys", expect=1)
    assert told["error"]["code"] == "ZS975"
    monkeypatch.setattr(kept, "PASSPHRASE", "short")
    assert say(site / "home", "backup", "make", tmp_path / "b", "--keys", expect=1)["error"]["code"] == "ZS975"


@pytest.mark.parametrize("name", ["../out.key", "a/../../out.key", "/tmp/out.key"])
def test_no_path_of_a_backup_leads_out_of_the_folder(name, tmp_path):
    with pytest.raises(Problem, match="ZS979"):
        keys.inside(tmp_path, name)


def test_an_interrupted_backup_is_none_and_the_next_one_is_whole(site, tmp_path):
    vault = tmp_path / "vault"
    command = [*COMMAND, "backup", "make", str(vault)]
    child = subprocess.Popen(command, cwd=ROOT, env=environment_of(site / "home"), stdout=subprocess.DEVNULL)
    while not list(vault.glob("begun-*")):
        assert child.poll() is None
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    child.wait()
    told = say(site / "home", "backup", "check", vault, expect=1)["error"]
    assert told["code"] == "ZS972" and told["values"]["begun"] != "—"
    say(site / "home", "backup", "make", vault)
    assert say(site / "home", "backup", "check", vault)["unfinished"] == []
    assert not list(vault.glob(".frozen-*"))


def test_a_full_disk_is_told_and_leaves_no_backup(site, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))  # bytes of one file: a disk that takes no more
    try:
        told = say(site / "home", "backup", "make", tmp_path / "vault", expect=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told["error"]["code"] == "ZS971"
    assert not list((tmp_path / "vault" / "backups").glob("*"))


def test_a_backup_in_one_file_taken_while_rows_are_written_and_carried_is_whole(site, backup, tmp_path):
    command = [sys.executable, "-m", "tests.cli.kept", "busy", "2"]
    child = subprocess.Popen(command, cwd=ROOT, env=environment_of(site / "home"))
    last = len_of_log(site)
    while len_of_log(site) == last and child.poll() is None:
        time.sleep(0.02)
    told = say(site / "home", "backup", "make", tmp_path / "one.tar")
    assert child.poll() is None
    assert child.wait(60) == 0
    home = tmp_path / "home"
    say(home, "backup", "restore", tmp_path / "one.tar")
    found = say(home, "log", "reconcile")
    assert not found["wrong"] and found["rows"] >= told["evidence"] > last
    assert found["equal"] + found["waiting"] == found["rows"]

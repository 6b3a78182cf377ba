"""A real site for a real browser: granian, worker, policy headers and built files as in production, on 127.0.0.1."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.once import once
from tests.web.people import PASSWORD
from zhunsheng.kernel.home import ROOT

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
PEOPLE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.web import people
people.create("head", "reviewer", "consortium", "lead", "town", "whole", "operator", "keeper", "police", "idle")
"""
DEMO = "from zhunsheng.cli import main; main()"


@pytest.fixture(scope="session")
def browser_type_launch_args():
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: apt-get install chromium")
    if not (ROOT / "zhunsheng/web/static/built/site.js").exists():
        pytest.skip("the static assets are not built: make assets")
    return {"executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args():
    return {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": {"width": 1440, "height": 900}}


@pytest.fixture
def context(context):
    """A build server with two busy cores answers late, not wrongly: wait twice as long as playwright does by itself."""
    context.set_default_timeout(60_000)
    return context


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment_of(folder):
    return {
        **os.environ,
        "ZHUNSHENG_HOME": str(folder),
        "DJANGO_SETTINGS_MODULE": "zhunsheng.config.settings",
        "PYTHONPATH": str(ROOT),
    }


def ran(folder, *words):
    """Run Python on the site of a folder until it ends."""
    subprocess.run(
        [sys.executable, "-c", *words], cwd=ROOT, env=environment_of(folder), check=True, stdout=subprocess.DEVNULL
    )


def site(folder):
    """Serve the site of a folder, yield its address, stop it."""
    port = free_port()
    code = f"from zhunsheng.config.serve import serve; serve('127.0.0.1', {port})"
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment_of(folder), stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/health", folder / "serve.log")
        yield address
    finally:
        process.terminate()
        process.wait(30)


def wait_for(address, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the site did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def inhabited(tmp_path_factory, laid):
    """A site with people and nothing else, for all workers."""
    return once(tmp_path_factory, "inhabited", lambda folder: ran(laid(folder), PEOPLE))


@pytest.fixture(scope="session")
def full(tmp_path_factory, inhabited, runs_of_county):
    folder = shutil.copytree(inhabited, tmp_path_factory.mktemp("sites") / "full")
    shutil.copytree(runs_of_county, folder, dirs_exist_ok=True)
    yield from site(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def empty(tmp_path_factory, inhabited):
    folder = shutil.copytree(inhabited, tmp_path_factory.mktemp("sites") / "empty")
    yield from site(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def demo(tmp_path_factory, laid):
    """The demo as ``make demo`` makes it: its address and the password of the head of the bureau."""
    folder = laid(tmp_path_factory.mktemp("demo"))
    ran(folder, DEMO, "demo", "--only-build")
    for site_ in site(folder):
        people = json.loads((folder / "secret" / "demo-people.json").read_text("utf-8"))
        yield site_, people["bureau-head"]
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def faults(page):
    """What the browser complains of: errors of scripts, refused policies, missing files."""
    seen = []
    page.on("console", lambda message: seen.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.append(str(error)))
    return seen


@pytest.fixture
def enter(page):
    """Log in as someone."""

    def log_in(address, login):
        page.goto(f"{address}/login")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(re.compile(r"/(inbox)?$"))  # what waits for a person comes first
        page.goto(f"{address}/")
        return page

    return log_in


@pytest.fixture
def shot(page):
    """Keep a picture of the page where ZHUNSHENG_SCREENSHOTS names a folder."""

    def take(name):
        if folder := os.environ.get("ZHUNSHENG_SCREENSHOTS"):
            width = page.viewport_size["width"]
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)

    return take

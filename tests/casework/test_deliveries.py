"""What leaves the site: mail to a server on this machine, signed calls, pauses, and what is given up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socketserver
import threading
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import connection

from tests.casework.walking import staff
from zhunsheng.casework.accounts import tasks as accounts
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.inbox import actions, sending, targets
from zhunsheng.casework.inbox.models import Delivery, Notice, Reader, Webhook
from zhunsheng.casework.outbox.actions import deed
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db


class Post(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as a mail takes."""

    def handle(self):
        self.wfile.write(b"220 test\r\n")
        body, reading = [], False
        for line in self.rfile:
            if reading and line == b".\r\n":
                reading = False
                self.server.mails.append(b"".join(body).decode())
                self.wfile.write(b"250 kept\r\n")
            elif reading:
                body.append(line)
            elif line.upper().startswith(b"DATA"):
                reading, body = True, []
                self.wfile.write(b"354 go on\r\n")
            elif line.upper().startswith(b"QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


class Hook(BaseHTTPRequestHandler):
    """Keeps what it is called with and answers as told."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((self.path, dict(self.headers), body))
        if self.server.answer == "drops":
            with suppress(OSError):
                for _ in range(200):
                    self.wfile.write(b"H")
                    time.sleep(0.02)
            return
        self.send_response(self.server.answer)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def served(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def crew(db):
    return staff()


@pytest.fixture
def post(settings):
    with served(socketserver.TCPServer(("127.0.0.1", 0), Post)) as server:
        server.mails = []
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.SITE_ADDRESS = "https://zs.example.org"
        yield server


@pytest.fixture
def hook(settings, crew):
    settings.WEBHOOK_HOSTS = frozenset({"127.0.0.1"})
    with served(HTTPServer(("127.0.0.1", 0), Hook)) as server:
        server.calls, server.answer = [], 204
        server.secret = actions.name_webhook(crew["two"], f"http://127.0.0.1:{server.server_port}/in?x=1")
        yield server


@deed
def tell(people, key="case:1:x", kind="case_moved"):
    return actions.tell(people, actions.News(kind, key, "案件：通知", "Case: notice", "AJ2026-00001", "/cases/1"))


def due():
    """Let every pause be over."""
    Delivery.objects.filter(state="waiting").update(next_at=now())
    return sending.send_due()


def test_an_address_is_used_once_its_code_came_back_and_a_notice_is_mailed_once(crew, post):
    actions.ask_for_mail(crew["one"], "one@example.org")
    actions.choose_mailing(crew["one"], {"cases": "at_once"})
    tell([crew["one"]], "before")
    assert not Delivery.objects.exists()  # nobody has confirmed the address
    code = post.mails[0].partition("验证码：")[2].split("\r\n")[0].strip()
    for _ in range(4):
        with pytest.raises(Problem, match="ZS955"):
            actions.confirm_mail(crew["one"], "wrong")
    actions.confirm_mail(crew["one"], code)
    assert tell([crew["one"], crew["two"]]) == [crew["one"], crew["two"]] and tell([crew["one"]]) == []
    assert sending.send_due() == 1 and sending.send_due() == 0
    [_, mail] = post.mails
    assert "To: one@example.org" in mail and "案件：通知" in mail and "https://zs.example.org/cases/1" in mail
    assert EvidenceOutbox.objects.filter(kind="delivery.sent").count() == 1
    assert "one@example.org" not in "".join(EvidenceOutbox.objects.values_list("payload", flat=True))
    actions.ask_for_mail(crew["one"], "")
    tell([crew["one"]], "after")
    assert Delivery.objects.count() == 1


def test_too_many_wrong_codes_end_the_question(crew, post):
    actions.ask_for_mail(crew["one"], "one@example.org")
    code = post.mails[0].partition("验证码：")[2].split("\r\n")[0].strip()
    for given in (*["wrong"] * 5, code):
        with pytest.raises(Problem, match="ZS955"):
            actions.confirm_mail(crew["one"], given)


def test_the_mail_of_the_day_holds_what_is_unread_once(crew, post):
    Reader.objects.create(user=crew["one"], body=crew["one"].body, mail="one@example.org", mailing={"cases": "daily"})
    for number in range(3):
        tell([crew["one"]], f"k{number}")
    assert not Delivery.objects.exists()
    day = now().date()
    assert actions.write_digests(day) == 1
    [mail] = Delivery.objects.all()
    assert len(mail.content["notices"]) == 3 and mail.next_at.astimezone(now().tzinfo).hour == 8
    actions.write_digests(day)
    assert actions.write_digests(day + timedelta(days=1)) == 0 and Delivery.objects.count() == 1


def test_a_call_is_signed_names_nobody_and_comes_once_for_a_body(crew, hook):
    tell([crew["one"], crew["two"]])
    assert due() == 1 and due() == 0
    [(path, headers, body)] = hook.calls
    secret = base64.b64decode(hook.secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}" and path == "/in?x=1"
    assert json.loads(body)["number"] == "AJ2026-00001" and "职员" not in body.decode()


def test_a_failed_call_is_tried_again_under_the_same_id_and_given_up_at_last(crew, hook):
    hook.answer = 302  # a redirect is not followed: it would lead past the look at the address
    tell([crew["one"]])
    for attempt in range(1, len(sending.PAUSES) + 2):
        sent = Delivery.objects.get()
        assert (sent.state, sent.attempts) == ("waiting", attempt - 1)
        assert due() == 1 and sending.send_due() == 0  # not before its pause is over
    sent = Delivery.objects.get()
    assert (sent.state, sent.fault) == ("dead", "webhook: 302") and due() == 0
    assert len({headers["webhook-id"] for _, headers, _ in hook.calls}) == 1
    assert len(hook.calls) == len(sending.PAUSES) + 1
    hook.answer = 200
    with pytest.raises(Problem, match="ZS702"):
        actions.send_again(crew["one"], sent.pk)
    actions.send_again(crew["two"], sent.pk)
    assert due() == 1 and Delivery.objects.get().state == "sent"


def test_a_name_that_turns_to_a_private_address_is_not_called(crew, hook, settings, monkeypatch):
    """The look is taken at each call: a name that was public when it was named may be another today."""
    settings.WEBHOOK_HOSTS = frozenset()
    tell([crew["one"]])
    Delivery.objects.get().webhook.deliveries.update(next_at=now())
    assert due() == 1 and Delivery.objects.get().fault == "ZS956" and hook.calls == []
    answers = [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(targets.socket, "getaddrinfo", lambda *_a, **_k: answers)
    with pytest.raises(Problem, match="ZS956"):
        targets.reached(targets.target_of("https://example.org/"))
    monkeypatch.setattr(targets.socket, "getaddrinfo", lambda *_a, **_k: answers[:1])
    assert targets.reached(targets.target_of("https://example.org/")) == "93.184.215.14"


def test_an_answer_that_comes_drop_by_drop_does_not_hold_the_worker(crew, hook, monkeypatch):
    monkeypatch.setattr(targets, "SECONDS", 0.2)
    hook.answer = "drops"
    tell([crew["one"]])
    began = time.monotonic()
    assert due() == 1 and time.monotonic() - began < 2
    fault = Delivery.objects.get().fault  # which of the two depends on the moment at which the line was cut
    assert fault in ("webhook: BadStatusLine", "webhook: ConnectionResetError")


def test_a_delivery_that_cannot_be_made_holds_up_no_other(crew, hook, post):
    """A name with a line end would be another header; a secret that no key opens is a fault of its own."""
    actions.ask_for_mail(crew["one"], "one@example.org")
    actions.confirm_mail(crew["one"], post.mails.pop().partition("验证码：")[2].split("\r\n")[0].strip())
    actions.choose_mailing(crew["one"], {"cases": "at_once"})
    Webhook.objects.update(secret="of another site")
    news = actions.News("case_moved", "case:1:y", "甲\r\nBcc: all@example.org", "A", "AJ2026-00001", "/cases/1")
    deed(actions.tell)([crew["one"]], news)
    assert due() == 2
    assert dict(Delivery.objects.values_list("way", "fault")) == {"mail": "", "webhook": "InvalidToken"}
    assert "\nBcc:" not in post.mails[0].partition("\r\n\r\n")[0]


@pytest.mark.parametrize("address", ["fec0::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "::1", "127.0.0.1", "0.0.0.0"])
def test_an_address_of_the_own_network_is_not_public(address):
    assert not targets.is_public(address)


def test_of_two_workers_one_sends(crew, hook):
    tell([crew["one"]])
    Delivery.objects.update(next_at=now())
    [key] = Delivery.objects.values_list("pk", flat=True)
    assert sending._claimed(key) and not sending._claimed(key)


def test_who_must_change_the_password_soon_is_told_once(crew, settings):
    settings.PASSWORD_DAYS = 90
    day = crew["one"].password_set_at.astimezone(now().tzinfo).date()
    accounts.each_day(day + timedelta(days=82))
    assert not Notice.objects.filter(kind="password_due").exists()
    for _ in range(2):
        accounts.each_day(day + timedelta(days=83))
    assert Notice.objects.filter(kind="password_due", user=crew["one"]).count() == 1


def test_the_wall_keeps_notices_and_deliveries_of_other_bodies(crew, hook):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no row security")
    tell([crew["one"], crew["office"]])
    with walls.within(walls.wall_of(scope(crew["office"]))):
        assert {one.user_id for one in Notice.objects.filter(key="case:1:x")} == {crew["office"].pk}
        assert not Delivery.objects.exists()
        with deed():  # the party tells the bureau, whose rows it does not see
            assert actions.tell([crew["one"]], actions.News("case_moved", "other", "x", "x")) == [crew["one"]]

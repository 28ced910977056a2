"""The processes of a live installation: what each does, and how they take it when one of them dies."""

import http.client
import json
import smtplib
import urllib.error
import urllib.request
from email.message import EmailMessage

import redis
from celery import Celery
from kombu import Connection

from tests.installation import Installation, wait_for


def get(url: str) -> tuple[int, str, http.client.HTTPMessage]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


def send(installation: Installation, to: str, subject: str) -> None:
    message = EmailMessage()
    message["From"] = "watchbill@example.org"
    message["To"] = to
    message["Subject"] = subject
    message.set_content("Die Größe der Störung: groß.")
    message.add_alternative("<p>Die Größe</p><script>alert(1)</script>", subtype="html")
    with smtplib.SMTP("127.0.0.1", installation.fleet.mail_port or 0) as relay:
        relay.send_message(message)


def test_probes_are_answered_whatever_host_they_ask_for(installation: Installation) -> None:
    request = urllib.request.Request(f"{installation.base_url}/readyz", headers={"Host": "10.1.2.3"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer) == {"database": "ok", "broker": "ok", "mail": "ok"}
    assert get(f"{installation.base_url}/healthz")[:2] == (200, "ok\n")


def test_the_sink_keeps_mail_for_reading(installation: Installation) -> None:
    send(installation, "alice@example.org", "Störung <INC-42>")

    (mail,) = installation.mail(to="ALICE@", subject="inc-42")
    assert mail["rcpt_to"] == ["alice@example.org"]
    assert mail["text"].strip() == "Die Größe der Störung: groß."
    assert ["From", "watchbill@example.org"] in mail["headers"]
    assert installation.mail(to="bob@example.org") == []
    assert installation.mail(to="alice@", since=mail["id"]) == []

    status, page, _ = get(f"{installation.base_url}/mail/?q=inc-42")
    assert status == 200
    assert "Störung &lt;INC-42&gt;" in page
    assert "No mail matches" in get(f"{installation.base_url}/mail/?q=nothing-like-it")[1]
    number = int(mail["id"])
    status, page, _ = get(f"{installation.base_url}/mail/{number}/")
    assert status == 200
    assert "<script>alert(1)</script>" not in page
    status, raw, _ = get(mail["raw_url"].replace(mail["raw_url"].partition("/mail/")[0], installation.base_url))
    assert status == 200
    assert raw.startswith("From: watchbill@example.org")


def test_mail_as_html_has_no_powers(installation: Installation) -> None:
    send(installation, "carol@example.org", "With a script")
    number = int(installation.mail(to="carol@")[0]["id"])

    status, _, headers = get(f"{installation.base_url}/mail/{number}/html")

    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy


def test_processes_come_back_from_what_kills_them(own_installation: Installation) -> None:
    live = own_installation
    publisher = Celery(set_as_current=False)
    publisher.conf.update(task_default_queue="watchbill", task_ignore_result=True)
    # Celery prefers CELERY_BROKER_URL to what it is told, and that names the whole run's Valkey.
    connection = Connection(live.place.broker_url)
    queue = redis.Redis(unix_socket_path=str(live.place.valkey_socket))

    def nudge() -> None:
        publisher.send_task("comms.tasks.deliver_due", connection=connection)

    def all_done() -> bool:
        return queue.llen("watchbill") == 0 and queue.hlen("unacked") == 0

    with queue, publisher, connection:
        # A web server that is killed leaves nobody behind who holds its port.
        live.kill("web")
        live.start("web")
        assert get(f"{live.base_url}/healthz")[0] == 200

        # A flushed queue takes messages from those who had published before.
        live.kill("beat")
        live.kill("worker")
        nudge()
        queue.flushall()
        nudge()
        assert queue.llen("watchbill") == 1
        live.start("worker")
        wait_for(all_done, "the worker to take what was sent after the flush")

        # A worker finds a broker that went away and came back without it being started again.
        live.kill("valkey")
        status, report, _ = get(f"{live.base_url}/readyz")
        assert status == 200
        assert json.loads(report) == {"database": "ok", "broker": "away", "mail": "ok"}
        live.start("valkey")
        nudge()
        assert live.runs("worker")
        wait_for(all_done, "the worker to find the broker again")

"""Channels against real servers on loopback: what arrives, each way to break, and that no URL is ever said."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from connectors.errors import AuthFailed, ConnectorError, Refused, Transient, UnknownOutcome
from connectors.notifier import AppriseNotifier, open_notifiers
from handoff.core.settings import Settings
from tests.channel_servers import PASSWORD, TOKEN, Hook, Mailbox, mail_url, nobody, silent, smtp, webhook

Serve = Callable[..., int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers for one test: `serve(smtp, mailbox)` -> port."""
    with ExitStack() as stack:
        yield lambda server, *given, **named: stack.enter_context(server(*given, **named))


def test_a_mail_is_plain_text_to_the_reader_alone(serve: Serve):
    mailbox = Mailbox()
    AppriseNotifier("email", mail_url(serve(smtp, mailbox))).send(
        "ada", "ada@example.com", "Handoff: 1 new", "<b>é</b>"
    )
    (mail,) = mailbox.mails
    assert mailbox.to == ["ada@example.com"]
    assert mail["Subject"] == "Handoff: 1 new"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().strip() == "<b>é</b>"


def test_a_name_with_braces_a_line_break_or_a_query_stays_a_name(serve: Serve):
    hook = Hook()
    url = f"json://127.0.0.1:{serve(webhook, hook)}/{{person}}/{{email}}"
    channel = AppriseNotifier("hook", url)
    channel.send("{email}&x=1?/", "ada@example.com", "t", "b")
    assert hook.paths == ["/%7Bemail%7D&x=1%3F//ada@example.com"]  # as apprise writes it
    with pytest.raises(Refused):
        channel.send("a\r\nb", "ada@example.com", "t", "b")


def broken(serve: Serve) -> dict[str, tuple[str, type[ConnectorError], str]]:
    """Each way in which a channel breaks: its URL, the kind of error, and what is said of it."""
    plain = serve(smtp, Mailbox())
    return {
        "smtp refused": (mail_url(nobody()), Transient, "connection was refused"),
        "smtp hangs": (mail_url(serve(silent)), UnknownOutcome, "did not answer within"),
        "smtp wrong password": (mail_url(plain, password=f"{PASSWORD}-wrong"), AuthFailed, "refused the log-in"),
        "smtp no tls": (mail_url(plain, scheme="mailtos", extra="&mode=ssl"), Transient, "TLS"),
        "smtp no starttls": (mail_url(plain, scheme="mailtos", extra="&mode=starttls"), Transient, "TLS"),
        "smtp says no": (mail_url(serve(smtp, Mailbox("554 no"))), Refused, "refused the message"),
        "hook refused": (f"json://127.0.0.1:{nobody()}/{TOKEN}", Transient, "connection was refused"),
        "hook hangs": (f"json://127.0.0.1:{serve(silent)}/{TOKEN}", UnknownOutcome, "did not answer within"),
        "hook 500": (f"json://127.0.0.1:{serve(webhook, Hook(500))}/{TOKEN}", Transient, "status 500"),
        "hook 401": (f"json://127.0.0.1:{serve(webhook, Hook(401))}/{TOKEN}", AuthFailed, "status 401"),
        "hook untrusted": (f"jsons://127.0.0.1:{serve(webhook, Hook(), tls=True)}/{TOKEN}", Transient, "TLS"),
        "no such host": (f"json://nowhere.invalid/{TOKEN}", Transient, "host is not known"),
    }


def test_each_way_to_break_is_said_without_a_word_of_the_url(serve: Serve, capfd: pytest.CaptureFixture[str]):
    for way, (url, kind, said) in broken(serve).items():
        channel = AppriseNotifier("ch", url, seconds=0.6)
        began = time.monotonic()
        with pytest.raises(ConnectorError) as failed:
            channel.send("ada", "ada@example.com", "title", "body")
        assert time.monotonic() - began < 5, way
        assert type(failed.value) is kind, (way, failed.value)
        assert said in str(failed.value), (way, failed.value)
        assert failed.value.__cause__ is None, way
        told = str(failed.value) + repr(channel)
        assert not [word for word in (PASSWORD, TOKEN, "example.com", "handoff:") if word in told], way
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""


@pytest.mark.parametrize(
    "name",
    [
        "a\x00b@example.com",
        "a" * 1_000_000,
        "ada @ x",
        "",
        "ada@example.com,eve@example.com",
        "ada@example.com eve@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "Ada <ada@example.com>",
    ],
)
def test_an_address_that_is_none_or_several_ends_in_an_error_and_nothing_sent(serve: Serve, name: str):
    mailbox = Mailbox()
    channel = AppriseNotifier("email", mail_url(serve(smtp, mailbox)), seconds=5)
    with pytest.raises(Refused, match="no address"):
        channel.send("ada", name, "t", "b")
    assert mailbox.mails == []


def settings(monkeypatch: pytest.MonkeyPatch, names: str, **urls: str) -> Settings:
    monkeypatch.setenv("HANDOFF_CHANNELS", names)
    for name, url in urls.items():
        monkeypatch.setenv(f"HANDOFF_CHANNEL_{name.upper()}", url)
    return Settings.load()


def test_channels_come_in_the_order_of_the_setting(monkeypatch: pytest.MonkeyPatch):
    found = open_notifiers(settings(monkeypatch, " hook , email,hook", email=mail_url(1), hook="json://localhost"))
    assert [(c.name, c.takes_addresses) for c in found.ready] == [("hook", False), ("email", True)]
    assert found.wrong == ()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "it has no scheme"),
        (f"nonsense://{TOKEN}@x", "it begins with nonsense://"),
        (f"mailto://{TOKEN}", "it begins with mailto://"),
        (f"{TOKEN} {TOKEN}://x", "it has no scheme"),
        (f"json://[{TOKEN}", "it has no scheme"),
        (f"slack://{TOKEN}", "it begins with slack://"),
        (f"file:///etc/{TOKEN}.yml", "it begins with file://"),
        (f"config://{TOKEN}", "it begins with config://"),
        ("x" * 1_000_000, "it has no scheme"),
    ],
)
def test_a_wrong_url_is_one_sentence_that_names_the_variable_and_never_the_url(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], url: str, said: str
):
    found = open_notifiers(settings(monkeypatch, "team,hook", team=url, hook="json://localhost"))
    (sentence,) = found.wrong
    assert sentence.startswith("HANDOFF_CHANNEL_TEAM is no URL that apprise understands")
    assert said in sentence
    assert TOKEN not in sentence
    assert len(sentence) < 200
    assert [channel.name for channel in found.ready] == ["hook"]
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""


def test_a_channel_without_a_url_is_one_sentence(monkeypatch: pytest.MonkeyPatch):
    found = open_notifiers(settings(monkeypatch, "email"))
    assert found.wrong == (
        "HANDOFF_CHANNEL_EMAIL is not set, though HANDOFF_CHANNELS names email: give it an apprise URL.",
    )
    assert found.ready == ()

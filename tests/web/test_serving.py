"""Where the page may be opened, and how the server ends."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from handoff.core.errors import UsageError
from handoff.core.settings import Settings
from handoff.review.serving import Binding, open_site
from tests.web.conftest import LOCAL

OIDC = {"oidc_issuer": "https://id.example.com", "oidc_client_id": "page"}


def refused(binding: Binding, **settings: Any) -> str:
    with pytest.raises(UsageError) as error:
        open_site(Settings(**{**LOCAL, **settings}), None, binding)  # type: ignore[arg-type]
    return str(error.value)


@pytest.mark.parametrize(
    ("host", "settings", "said"),
    [
        ("0.0.0.0", {}, "is not opened on 0.0.0.0 while nobody has to sign in"),
        ("", {}, "while nobody has to sign in"),
        ("127.0.0.1", {"stripe_url": "https://api.stripe.com"}, "Nobody would have to sign in"),
        ("127.0.0.1", {"oidc_issuer": "https://id.example.com"}, "HANDOFF_OIDC_CLIENT_ID is not"),
        ("0.0.0.0", OIDC, "without encryption"),
        ("0.0.0.0", {**OIDC, "review_url": "https://handoff.example.com/here"}, "leave out the path"),
    ],
)
def test_the_page_is_not_opened_where_it_would_be_open_to_anybody(host: str, settings: dict[str, Any], said: str):
    assert said in refused(Binding(host=host, port=8440), **settings)


@pytest.mark.parametrize("name", ["review_url", "oidc_issuer"])
@pytest.mark.parametrize("url", ["handoff", "http://handoff.example.com", "https://a@b.example", "https://b.example?x"])
def test_a_wrong_address_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, url: str):
    monkeypatch.setenv(f"HANDOFF_{name.upper()}", url)
    with pytest.raises(UsageError, match=f"HANDOFF_{name.upper()}"):
        Settings.load()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def begin(home: Path, *options: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HANDOFF_")}
    environment |= {f"HANDOFF_{name.upper()}": value for name, value in LOCAL.items()}
    environment |= {"HANDOFF_HOME": str(home), "HANDOFF_PACK": "demo", "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-u", "-m", "handoff", "serve", *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_ends_well(tmp_path: Path, number: int):
    port = free_port()
    with begin(tmp_path, "--port", str(port)) as server:
        assert server.stdout is not None
        assert "The review page is at" in server.stdout.readline()
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            signal.sigtimedwait([], 0.1)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/alive") as answer:
            assert answer.read() == b"alive\n"
        server.send_signal(number)
        said = server.communicate(timeout=20)[1]
        assert (server.returncode, said) == (0, "")


def test_a_taken_port_and_a_file_that_is_no_certificate_are_one_sentence(tmp_path: Path):
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nothing")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for options, sentence in (
            (("--port", port), "is taken: choose another"),
            (("--certificate", str(tmp_path / "none.pem"), "--key", str(wrong)), "There is no file"),
            (("--certificate", str(wrong)), "Give --certificate and --key together"),
            (("--port", str(free_port()), "--certificate", str(wrong), "--key", str(wrong)), "that belong together"),
        ):
            with begin(tmp_path, *options) as server:
                said = server.communicate(timeout=60)[1]
                assert (server.returncode, said.count("\n")) == (2, 1), said
                assert sentence in said

"""Coming in, staying, going: sessions, forms, and what is refused before a page is made."""

import hashlib
import shutil
from datetime import timedelta

import pytest

from mappings.pack import shipped
from tests.web.conftest import Hand, Open
from tests.web.visitor import ADDRESS, Visitor


def test_nobody_sees_a_page_before_they_are_signed_in(opened: Open, visitor):
    answer = visitor(opened()).get("/queue?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?to=/queue%3Fx%3D1"


def test_who_chooses_who_they_are_comes_to_the_page_they_wanted(opened: Open, visitor):
    me: Visitor = visitor(opened())
    answer = me.post("/sign-in", on="/sign-in?to=/queue", person="priya_nair", to="/queue")
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")
    assert "Priya Nair" in me.text("/queue")


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""])
def test_nobody_is_sent_to_another_site(opened: Open, visitor, to: str):
    me = visitor(opened())
    answer = me.post("/sign-in", on="/sign-in", person="priya_nair", to=to)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_session_ends_after_half_an_hour_without_a_request(opened: Open, visitor, hand: Hand):
    me = visitor(opened()).sign_in("priya_nair")
    for _ in range(3):
        hand.now += timedelta(minutes=29)
        assert me.get("/queue").status_code == 200
    hand.now += timedelta(minutes=31)
    assert me.get("/queue").status_code == 303


def test_a_session_ends_after_twelve_hours_in_any_case(opened: Open, visitor, hand: Hand):
    me = visitor(opened()).sign_in("priya_nair")
    for _ in range(28):
        hand.now += timedelta(minutes=25)
        assert me.get("/queue").status_code == 200
    hand.now += timedelta(minutes=25)
    assert me.get("/queue").status_code == 303


def test_a_token_is_worth_nothing_after_signing_out(opened: Open, visitor):
    site = opened()
    me = visitor(site).sign_in("priya_nair")
    token = me.client.cookies["handoff_session"]
    assert me.post("/sign-out", on="/queue").status_code == 303
    thief = visitor(site)
    thief.client.cookies.set("handoff_session", token)
    assert thief.get("/queue").status_code == 303


def test_a_cookie_that_we_did_not_give_is_worth_nothing(opened: Open, visitor):
    site = opened()
    token = visitor(site).sign_in("priya_nair").client.cookies["handoff_session"]
    thief = visitor(site)
    kept = hashlib.sha256(token.encode()).hexdigest()  # what who reads the store has
    for made in ("priya_nair", token[:-1], token + "x", token.swapcase(), f'"{token[:-1]}"', kept, "x" * 8000, "%00"):
        thief.client.cookies.set("handoff_session", made)
        assert thief.get("/queue").status_code == 303, made[:80]
    thief.client.cookies.clear()
    for name in ("session", "handoff_visitor", "__Host-handoff_session"):
        thief.client.cookies.set(name, token)
    assert thief.get("/queue").status_code == 303
    thief.client.cookies.set("handoff_session", token)
    assert thief.get("/queue").status_code == 200, "with the whole token it is"


def test_a_session_that_a_wrong_clock_began_is_none(opened: Open, visitor, hand: Hand):
    hand.now += timedelta(days=2)
    me = visitor(opened()).sign_in("priya_nair")
    hand.now -= timedelta(days=2)
    assert me.get("/queue").status_code == 303


def test_signing_in_gives_a_new_token_and_ends_the_one_before(opened: Open, visitor):
    site = opened()
    me = visitor(site).sign_in("priya_nair")
    before = me.client.cookies["handoff_session"]
    me.client.cookies.delete("handoff_session")
    me.client.cookies.set("handoff_session", before, domain="127.0.0.1")
    me.sign_in("tomas_ortega")
    assert me.client.cookies["handoff_session"] != before
    old = visitor(site)
    old.client.cookies.set("handoff_session", before)
    assert old.get("/queue").status_code == 303


def test_a_form_without_its_token_writes_nothing(opened: Open, visitor):
    me = visitor(opened()).sign_in("priya_nair")
    for token in ("", "0" * 64, visitor(opened()).sign_in("tomas_ortega").token("/queue")):
        answer = me.forge("/sign-out", {"csrf": token}, headers={"origin": ADDRESS})
        assert answer.status_code == 403
    assert me.get("/queue").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
        {"origin": ADDRESS, "sec-fetch-site": "same-site"},
    ],
)
def test_a_form_of_another_page_writes_nothing(opened: Open, visitor, headers: dict[str, str]):
    me = visitor(opened()).sign_in("priya_nair")
    answer = me.forge("/sign-out", {"csrf": me.token("/queue")}, headers=headers)
    assert answer.status_code == 403
    assert me.get("/queue").status_code == 200


def test_another_host_is_not_answered(opened: Open, visitor):
    me = visitor(opened())
    answer = me.client.get("/sign-in", headers={"host": "evil.example"})
    assert answer.status_code == 421


def test_every_answer_carries_its_headers(opened: Open, visitor):
    me = visitor(opened())
    for url in ("/sign-in", "/queue", "/nothing", "/alive", "/static/site.css"):
        headers = me.get(url).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert me.get("/queue").headers["cache-control"] == "no-store"


def test_a_huge_body_and_a_wrong_content_type_are_refused(opened: Open, visitor):
    me = visitor(opened()).sign_in("priya_nair")
    own = {"origin": ADDRESS}
    assert me.forge("/sign-out", {"csrf": "x" * 300_000}, headers=own).status_code == 413
    answer = me.client.post("/sign-out", json={"csrf": me.token("/queue")}, headers=own)
    assert answer.status_code == 415


def test_a_person_taken_out_of_the_pack_is_out_at_the_next_request(opened: Open, visitor, tmp_path):
    pack = tmp_path / "pack"
    shutil.copytree(shipped("demo"), pack)
    me = visitor(opened(pack=pack)).sign_in("stefan_vogt")
    assert me.get("/queue").status_code == 200
    owners = (pack / "owners.yaml").read_text()
    left = owners.replace("email: stefan.vogt@example.com}", "email: stefan.vogt@example.com, left: 2026-01-01}")
    (pack / "owners.yaml").write_text(left)
    assert me.get("/queue").status_code == 303

"""Signing in at a provider, and every way in which it, its answers or the way back may lie."""

import base64
import hashlib
import hmac
import html
import json
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwt
from joserfc.jwk import OKPKey

from handoff.review import oidc, sessions
from handoff.review.site import Site
from handoff.store.desk_tables import sign_in
from mappings.pack import shipped
from tests.web.conftest import Hand, Open
from tests.web.provider import CLIENT, EC, RSA, RSA_NEXT, SECRET, Provider, running
from tests.web.visitor import Visitor

ED = OKPKey.generate_key("Ed25519", parameters={"kid": "ed"})
REFUSED = "You could not be signed in ("


@pytest.fixture
def provider(hand: Hand) -> Iterator[Provider]:
    with running(Provider(now=lambda: hand.now)) as found:
        yield found


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """The demo's pack, to be changed."""
    return Path(shutil.copytree(shipped("demo"), tmp_path / "pack"))


@pytest.fixture
def site(opened: Open, provider: Provider, request: pytest.FixtureRequest) -> Site:
    own = {"pack": request.getfixturevalue("pack")} if "pack" in request.fixturenames else {}
    return opened(oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET, **own)


@pytest.fixture
def me(site: Site, visitor: Callable[[Site], Visitor]) -> Visitor:
    return visitor(site)


def begin(me: Visitor, to: str = "/queue") -> str:
    """The address at the provider to which somebody is sent."""
    answer = me.client.get("/sign-in/start", params={"to": to})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def come_back(me: Visitor, brought: dict[str, str]) -> Any:
    return me.client.get("/sign-in/done", params=brought)


def sign_in_by(me: Visitor, provider: Provider, to: str = "/queue") -> Any:
    return come_back(me, provider.allow(begin(me, to)))


def refused(me: Visitor, answer: Any, why: str) -> None:
    """They are told why in a sentence, and are not in."""
    assert answer.status_code == 403, (answer.status_code, answer.text)
    assert f"{REFUSED}{why}): begin again from the page that you wanted." in answer.text
    assert me.get("/queue").status_code == 303


def test_who_signs_in_comes_to_the_page_they_wanted(me: Visitor, provider: Provider):
    assert 'href="/sign-in/start?to=/queue%3Frule%3Dtax_id"' in me.text("/sign-in?to=/queue%3Frule%3Dtax_id")
    answer = sign_in_by(me, provider, "/queue?rule=tax_id")
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue?rule=tax_id")
    assert "Priya Nair" in me.text("/queue")
    assert set(me.client.cookies) == {"handoff_session"}


def test_what_is_asked_of_the_provider_is_bound_to_this_browser_and_to_no_password(me: Visitor, provider: Provider):
    asked = parse_qs(urlsplit(begin(me)).query)
    assert asked["response_type"] == ["code"]
    assert asked["redirect_uri"] == ["http://127.0.0.1:8440/sign-in/done"]
    assert asked["scope"] == ["openid email"]
    assert asked["code_challenge_method"] == ["S256"]
    secrets = {asked[name][0] for name in ("state", "nonce", "code_challenge")}
    again = parse_qs(urlsplit(begin(me)).query)
    assert not secrets & {again[name][0] for name in ("state", "nonce", "code_challenge")}


def test_by_another_name_of_this_machine_one_comes_to_the_registered_one_first(me: Visitor):
    answer = me.client.get("/sign-in/start?to=/queue", headers={"host": "localhost:8440"})
    assert answer.headers["location"] == "http://127.0.0.1:8440/sign-in/start?to=/queue"


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "/\n/evil.example"])
def test_nobody_is_sent_to_another_site_by_the_provider(me: Visitor, provider: Provider, to: str):
    assert sign_in_by(me, provider, to).headers["location"] == "/"


@pytest.mark.parametrize(
    "key", [EC, OKPKey.generate_key("Ed25519", parameters={"kid": "ed"})], ids=["ES256", "Ed25519"]
)
def test_other_kinds_of_key_are_taken(me: Visitor, provider: Provider, key: Any):
    provider.key, provider.keys = key, [RSA, key]
    provider.header = {"alg": "ES256" if key is EC else "Ed25519", "kid": key.kid}
    assert sign_in_by(me, provider).status_code == 303


def test_a_key_that_is_not_understood_does_not_hide_the_others(me: Visitor, provider: Provider):
    keys = [{"kty": "EC", "crv": "P-9"}, {"kty": "oct", "k": "AAAA"}, "x", {"kty": 5}, RSA.as_dict(private=False)]
    provider.answers["/keys"] = 200, json.dumps({"keys": keys}).encode()
    assert sign_in_by(me, provider).status_code == 303


def test_a_provider_may_end_its_name_with_a_slash(me: Visitor, provider: Provider):
    provider.document = {"issuer": provider.issuer + "/"}
    provider.claims = {"iss": provider.issuer + "/"}
    assert sign_in_by(me, provider).status_code == 303


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "another-page"}, "wrong aud"),
        ({"aud": [CLIENT, "another-page"]}, "wrong azp"),
        ({"aud": [CLIENT, "another-page"], "azp": "another-page"}, "wrong azp"),
        ({"aud": CLIENT, "azp": "another-page"}, "wrong azp"),
        ({"aud": {CLIENT: 1}}, "wrong aud"),
        ({"aud": None}, "wrong aud"),
        ({"iss": "https://evil.example"}, "wrong iss"),
        ({"iss": None}, "wrong iss"),
        ({"sub": None}, "wrong sub"),
        ({"nonce": "another"}, "wrong nonce"),
        ({"nonce": None}, "wrong nonce"),
        ({"exp": 1_000_000_000}, "an end that has passed"),
        ({"exp": None}, "no time of issue or end"),
        ({"exp": "tomorrow"}, "no time of issue or end"),
        ({"exp": True}, "no time of issue or end"),
        ({"exp": 1e400}, "no time of issue or end"),
        ({"iat": None}, "no time of issue or end"),
        ({"iat": 1_000_000_000}, "a time of issue that is not now"),
        ({"iat": 4_000_000_000}, "a time of issue that is not now"),
        ({"nbf": 4_000_000_000}, "a time of issue that is not now"),
        ({"email": None}, "no e-mail"),
        ({"email": "priya_nair"}, "no e-mail"),
        ({"email": ["priya.nair@example.com"]}, "no e-mail"),
        ({"email": "priya.nair@example.com\n"}, "no e-mail"),
        ({"email_verified": False}, "an e-mail that the provider did not verify"),
        ({"email_verified": "false"}, "an e-mail that the provider did not verify"),
        ({"email_verified": 0}, "an e-mail that the provider did not verify"),
    ],
)
def test_a_token_that_proves_nothing_lets_nobody_in(me: Visitor, provider: Provider, claims: dict[str, Any], why: str):
    provider.claims = claims
    refused(me, sign_in_by(me, provider), why)


def by_hand(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    """A token of any header."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def with_public_key_as_secret(claims: dict[str, Any]) -> str:
    unsigned = by_hand({"alg": "HS256", "kid": "one"}, claims).rpartition(".")[0]
    signature = hmac.new(RSA.as_pem(private=False), unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_another_signature(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSA_NEXT)


def with_its_own_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "jwk": RSA_NEXT.as_dict(private=False)}, claims, RSA_NEXT)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda claims: by_hand({"alg": "none"}, claims), "a signature of a kind that is not taken"),
        (lambda claims: by_hand({"alg": "None", "kid": "one"}, claims), "a signature of a kind that is not taken"),
        (lambda claims: by_hand({"kid": "one"}, claims), "a signature of a kind that is not taken"),
        (lambda claims: by_hand({"alg": ["RS256"]}, claims), "a signature of a kind that is not taken"),
        (with_public_key_as_secret, "a signature of a kind that is not taken"),
        (
            lambda claims: by_hand({"alg": "RS256", "kid": "one", "crit": ["exp"], "exp": 1}, claims),
            "an unknown demand in its header",
        ),
        (lambda claims: by_hand({"alg": "RS256", "kid": "one"}, claims), "a signature that is not the provider&#39;s"),
        (with_another_signature, "a signature that is not the provider&#39;s"),
        (with_its_own_key, "a signature that is not the provider&#39;s"),
        (lambda claims: by_hand({"alg": "ES256", "kid": "one"}, claims, b"x"), "a key that is not the provider&#39;s"),
        (lambda _: "no token", "not a token"),
        (lambda _: "...", "not a token"),
        (lambda _: "W10.e30.", "not a token"),
        (lambda _: "x" * 40_000 + ".e30.", "not a token"),
    ],
)
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(me: Visitor, provider: Provider, make: Any, why: str):
    provider.token = make
    refused(me, sign_in_by(me, provider), why)


def test_a_signed_token_with_an_unknown_demand_is_refused(me: Visitor, provider: Provider):
    def signed(claims: dict[str, Any]) -> str:
        unsigned = by_hand({"alg": "RS256", "kid": "one", "crit": ["x"], "x": 1}, claims).rpartition(".")[0]
        signature = RSA.private_key.sign(unsigned.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    provider.token = signed
    refused(me, sign_in_by(me, provider), "an unknown demand in its header")


def test_a_way_back_leads_in_once(me: Visitor, provider: Provider):
    brought = provider.allow(begin(me))
    secret = me.client.cookies["handoff_visitor"]
    assert come_back(me, brought).status_code == 303
    me.client.cookies.clear()
    me.client.cookies.set("handoff_visitor", secret)
    refused(me, come_back(me, brought), "this sign-in was not begun in this browser, or is over")
    assert provider.asked.count("/token") == 1


def test_a_code_leads_in_once(me: Visitor, provider: Provider):
    brought = provider.allow(begin(me))
    assert come_back(me, brought).status_code == 303
    me.client.cookies.clear()
    state = parse_qs(urlsplit(begin(me)).query)["state"][0]
    refused(me, come_back(me, {**brought, "state": state}), "a code that was used, or is too old")


def test_of_two_that_come_back_at_once_one_comes_in(me: Visitor, provider: Provider):
    brought, found = provider.allow(begin(me)), []
    cookies = dict(me.client.cookies)
    both = [Visitor(me.app) for _ in range(2)]
    for one in both:
        one.client.cookies.update(cookies)
    threads = [threading.Thread(target=lambda one=one: found.append(come_back(one, brought))) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in found) == [303, 403]


@pytest.mark.parametrize(
    "change", [lambda state: "", lambda state: state[:-1] + "g", lambda state: "x." + state, lambda state: "é" + state]
)
def test_a_wrong_state_leads_nowhere(me: Visitor, provider: Provider, change: Callable[[str], str]):
    brought = provider.allow(begin(me))
    answer = come_back(me, {**brought, "state": change(brought["state"])})
    refused(me, answer, "this sign-in was not begun in this browser, or is over")
    assert "/token" not in provider.asked


def test_what_another_browser_began_ends_in_none_but_that(me: Visitor, site: Site, provider: Provider):
    thief = Visitor(me.app)
    brought = provider.allow(begin(me))
    begin(thief)
    refused(thief, come_back(thief, brought), "this sign-in was not begun in this browser, or is over")
    assert come_back(me, brought).status_code == 303


def test_a_way_that_took_too_long_leads_nowhere(me: Visitor, provider: Provider, hand: Hand):
    brought = provider.allow(begin(me))
    hand.now += timedelta(minutes=11)
    refused(me, come_back(me, brought), "this sign-in was not begun in this browser, or is over")


def test_whom_the_provider_lets_in_not_we_do_not_either(me: Visitor, provider: Provider):
    state = parse_qs(urlsplit(begin(me)).query)["state"][0]
    answer = come_back(me, {"error": "<script>", "state": state})
    refused(me, answer, "the provider let nobody in")
    assert "<script>" not in answer.text


def test_a_provider_that_names_another_one_is_refused(me: Visitor, provider: Provider, site: Site):
    brought = provider.allow(begin(me))
    refused(me, come_back(me, {**brought, "iss": "https://evil.example"}), "another provider")
    provider.document = {"authorization_response_iss_parameter_supported": True}
    site.__dict__.pop("provider")  # its discovery document is kept for an hour
    brought = provider.allow(begin(me))
    refused(me, come_back(me, brought), "another provider")
    brought = provider.allow(begin(me))
    assert come_back(me, {**brought, "iss": provider.issuer}).status_code == 303


def test_a_new_key_is_fetched_and_an_old_one_forgotten(me: Visitor, provider: Provider, hand: Hand):
    assert sign_in_by(me, provider).status_code == 303
    provider.keys, provider.key, provider.header = [RSA_NEXT], RSA_NEXT, {"alg": "RS256", "kid": "two"}
    hand.now += timedelta(minutes=1)
    assert sign_in_by(me, provider).status_code == 303
    assert provider.asked.count("/keys") == 2
    provider.key, provider.header = RSA, {"alg": "RS256", "kid": "one"}
    hand.now += timedelta(hours=1)
    refused(Visitor(me.app), sign_in_by(me, provider), "a key that is not the provider&#39;s")


def test_an_unknown_key_does_not_make_us_ask_again_and_again(me: Visitor, provider: Provider):
    provider.header = {"alg": "RS256", "kid": "unknown"}
    for _ in range(3):
        assert sign_in_by(me, provider).status_code == 403
    assert provider.asked.count("/keys") == 1


def test_who_left_and_who_is_unknown_learn_nothing(me: Visitor, provider: Provider, site: Site):
    for email in ("nobody@example.com", "priya.nair@example.com.evil.example", "priya.nair@e\u212aample.com"):
        provider.email = email
        answer = sign_in_by(me, provider)
        assert answer.status_code == 403
        assert "The pack knows nobody with that address: ask whoever runs Handoff" in answer.text
        assert "Priya" not in answer.text
        assert me.get("/queue").status_code == 303


def test_a_letter_that_only_looks_the_same_in_lower_case_is_another_address(me: Visitor, provider: Provider):
    provider.email = "\u212awame.mensah@example.com"  # the sign of Kelvin, in lower case a k
    assert sign_in_by(me, provider).status_code == 403
    provider.email = "KWAME.mensah@Example.com"
    assert sign_in_by(me, provider).status_code == 303


def test_signing_in_ends_the_session_before_and_gives_a_new_token(me: Visitor, provider: Provider, site: Site):
    sign_in_by(me, provider)
    before = me.client.cookies["handoff_session"]
    sign_in_by(me, provider)
    assert me.client.cookies["handoff_session"] != before
    old = Visitor(me.app)
    old.client.cookies.set("handoff_session", before)
    assert old.get("/queue").status_code == 303


def sign_out(me: Visitor) -> Any:
    return me.post("/sign-out", on="/queue")


def test_signing_out_ends_the_session_at_the_provider_too(me: Visitor, provider: Provider, site: Site):
    provider.document = {"end_session_endpoint": f"{provider.issuer}/leave?tenant=1"}
    sign_in_by(me, provider)
    token = me.client.cookies["handoff_session"]
    answer = sign_out(me)
    assert answer.status_code == 200, "a redirect of a form to another site is stopped by form-action 'self'"
    wait, _, there = answer.headers["refresh"].partition("; url=")
    assert wait == "0"
    assert there.startswith(f"{provider.issuer}/leave?tenant=1&")
    assert f'href="{html.escape(there)}"' in answer.text
    asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
    assert asked["client_id"] == CLIENT
    assert asked["post_logout_redirect_uri"] == "http://127.0.0.1:8440/signed-out"
    me.client.cookies.set("handoff_session", token, domain="127.0.0.1")
    assert me.get("/queue").status_code == 303, "the session is over before anybody reaches the provider"
    assert (
        "Nobody comes in here from this browser" in me.client.get("/signed-out", params={"state": asked["state"]}).text
    )
    for state in ("", "x", asked["state"][:-1] + "g"):
        assert "may still be signed in" in me.client.get("/signed-out", params={"state": state}).text
    assert "may still be signed in" in Visitor(me.app).client.get("/signed-out", params={"state": asked["state"]}).text


def test_what_one_brings_back_from_signing_out_leads_nobody_in(me: Visitor, provider: Provider):
    provider.document = {"end_session_endpoint": f"{provider.issuer}/leave"}
    sign_in_by(me, provider)
    state = parse_qs(sign_out(me).headers["refresh"])["state"][0]
    code = provider.allow(begin(Visitor(me.app)))["code"]
    assert come_back(me, {"code": code, "state": state}).status_code == 403
    assert me.get("/queue").status_code == 303


@pytest.mark.parametrize(
    "leave",
    [
        None,
        5,
        "http://evil.example/leave",
        "http://127.0.0.1.evil.example/leave",
        "javascript:alert(1)",
        "https://a@evil.example/",
        "https://evil.example/\n",
        "//evil.example/",
    ],
)
def test_where_the_provider_cannot_be_left_one_is_told_so(me: Visitor, provider: Provider, leave: Any):
    provider.document = {"end_session_endpoint": leave}
    sign_in_by(me, provider)
    answer = sign_out(me)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signed-out")
    assert "Your company account may still be signed in on this browser" in me.text("/signed-out")
    assert me.get("/queue").status_code == 303


def test_one_signs_out_while_the_provider_is_down(me: Visitor, provider: Provider, site: Site):
    sign_in_by(me, provider)
    site.__dict__.pop("provider")  # its discovery document is kept for an hour
    provider.answers["/.well-known/openid-configuration"] = 500, b"{}"
    assert sign_out(me).headers["location"] == "/signed-out"
    assert me.get("/queue").status_code == 303


def test_a_link_signs_nobody_out(me: Visitor, provider: Provider):
    provider.document = {"end_session_endpoint": f"{provider.issuer}/leave"}
    sign_in_by(me, provider)
    assert me.get("/sign-out").status_code == 405
    assert me.get("/signed-out").headers["location"] == "/"
    forged = me.forge("/sign-out", {"csrf": "0" * 64}, headers={"origin": "http://127.0.0.1:8440"})
    assert (forged.status_code, "refresh" in forged.headers) == (403, False)
    assert me.get("/queue").status_code == 200


def test_who_is_taken_out_of_the_pack_is_out_at_the_next_request_however_they_came_in(
    me: Visitor, provider: Provider, site: Site, pack: Path
):
    provider.email = "stefan.vogt@example.com"
    sign_in_by(me, provider)
    assert me.get("/queue").status_code == 200
    token = me.token("/queue")
    owners = pack / "owners.yaml"
    kept = owners.read_text()
    left = kept.replace("email: stefan.vogt@example.com}", "email: stefan.vogt@example.com, left: 2026-01-01}")
    assert left != kept
    owners.write_text(left)
    assert me.get("/queue").status_code == 303
    assert me.forge("/sign-out", {"csrf": token}, headers={"origin": "http://127.0.0.1:8440"}).status_code == 401
    assert sign_in_by(me, provider).status_code == 403
    owners.write_text(kept.replace("email: stefan.vogt@example.com}", "email: s.vogt@example.com}"))
    assert me.get("/queue").status_code == 303, "the address by which they came in is theirs no more"


def test_a_way_back_is_no_session(me: Visitor, provider: Provider, site: Site):
    sign_in_by(me, provider)
    with site.store.read() as tx:
        rows = list(tx.execute(sa.select(sign_in)))
    assert [row.person for row in rows if row.ended_at is None] == ["priya_nair"]
    assert [row.person for row in rows if row.ended_at is not None] == [""]


def test_nobody_chooses_who_they_are_where_people_sign_in(me: Visitor):
    assert "Priya" not in me.text("/sign-in")
    token = sessions.csrf_token(me.client.cookies["handoff_visitor"])
    answer = me.forge("/sign-in", {"csrf": token, "person": "priya_nair"}, headers={"origin": "http://127.0.0.1:8440"})
    assert answer.status_code == 400
    assert me.get("/queue").status_code == 303


def test_without_a_provider_there_is_no_way_to_one(opened: Open, visitor: Callable[[Site], Visitor]):
    me = visitor(opened())
    assert me.get("/sign-in/start?to=/queue").headers["location"] == "/sign-in"
    assert me.get("/sign-in/done?state=1.1.x&code=1").status_code == 403


@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        ("/.well-known/openid-configuration", (404, b"{}"), "no discovery document"),
        ("/.well-known/openid-configuration", (200, b"<html>"), "no JSON"),
        ("/.well-known/openid-configuration", (200, b"[" * 100_000), "no JSON"),
        ("/.well-known/openid-configuration", (200, b"[]"), "no JSON object"),
        ("/.well-known/openid-configuration", (200, b"\xff\xfe\x00"), "no JSON"),
        ("/.well-known/openid-configuration", (200, b" " * 10_000_000), "more than 512 KB"),
        ("/.well-known/openid-configuration", (200, b'{"issuer": "https://evil.example"}'), "another issuer"),
        ("/.well-known/openid-configuration", (302, b"http://169.254.169.254/"), "no JSON"),
        ("/keys", (200, b'{"keys": []}'), "no keys"),
        ("/keys", (200, b'{"keys": 5}'), "no keys"),
        ("/keys", (500, b"{}"), "no keys"),
        ("/token", (500, b"{}"), "no ID token"),
        ("/token", (200, b'{"id_token": 5}'), "no ID token"),
        ("/token", (200, b"x" * 10_000_000), "more than 512 KB"),
    ],
)
def test_an_answer_that_is_none_is_one_sentence(
    me: Visitor, provider: Provider, path: str, answer: tuple[int, bytes], why: str
):
    provider.answers[path] = answer
    found = me.client.get("/sign-in/start?to=/queue")
    if path != "/.well-known/openid-configuration":
        found = come_back(me, provider.allow(found.headers["location"]))
    assert found.status_code == 502
    assert "The sign-in provider gave an answer that is not taken" in found.text
    assert why in found.text
    assert me.get("/queue").status_code == 303


@pytest.mark.parametrize(
    "document",
    [
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": "http://127.0.0.1.evil.example/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://a@evil.example/"},
        {"authorization_endpoint": "https://evil.example/\n"},
        {"authorization_endpoint": "https://[evil/"},
        {"jwks_uri": None},
        {"jwks_uri": ["https://evil.example"]},
    ],
)
def test_an_address_without_encryption_is_not_asked(me: Visitor, provider: Provider, document: dict[str, Any]):
    provider.document = document
    found = me.client.get("/sign-in/start?to=/queue")
    assert found.status_code == 502
    assert "an address that is missing or not https" in found.text


def test_a_client_that_the_provider_does_not_know_is_told_to_whoever_runs_the_page(me: Visitor, provider: Provider):
    provider.answers["/token"] = 401, b'{"error": "invalid_client"}'
    found = sign_in_by(me, provider)
    assert found.status_code == 502
    assert "compares HANDOFF_OIDC_CLIENT_ID and HANDOFF_OIDC_CLIENT_SECRET" in found.text


def test_a_provider_that_is_down_is_one_sentence(opened: Open, visitor: Callable[[Site], Visitor]):
    me = visitor(opened(oidc_issuer="http://127.0.0.1:9", oidc_client_id=CLIENT))
    found = me.client.get("/sign-in/start?to=/queue")
    assert found.status_code == 502
    assert "The sign-in provider does not answer: try again in a minute" in found.text


def test_a_provider_that_drips_is_given_up(me: Visitor, provider: Provider, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(oidc, "_WHOLE", 0.5)
    provider.drip = True
    found = me.client.get("/sign-in/start?to=/queue")
    assert found.status_code == 502
    assert "does not answer" in found.text


def test_an_old_discovery_document_is_better_than_none(me: Visitor, provider: Provider, hand: Hand):
    assert sign_in_by(me, provider).status_code == 303
    provider.answers["/.well-known/openid-configuration"] = 500, b"{}"
    hand.now += timedelta(hours=2)
    assert sign_in_by(Visitor(me.app), provider).status_code == 303


def test_no_secret_stands_in_a_log_or_on_a_page(
    me: Visitor, provider: Provider, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(logging.getLogger("handoff"), "propagate", True)
    with caplog.at_level(logging.DEBUG):
        address = begin(me)
        brought = provider.allow(address)
        visitor = me.client.cookies["handoff_visitor"]
        pages = [come_back(me, brought).text]
        session = me.client.cookies["handoff_session"]
        provider.claims = {"nonce": "another"}
        pages += [sign_in_by(me, provider).text, me.text("/sign-in")]
    said = [record for record in caplog.records if record.name.startswith("handoff")]
    assert any("GET /sign-in/done 303" in record.getMessage() for record in said)
    assert any("wrong nonce" in record.getMessage() for record in said)
    texts = [record.getMessage() for record in said] + pages
    for secret in (SECRET, brought["code"], brought["state"], visitor, session, "priya.nair"):
        assert not any(secret in text for text in texts), secret

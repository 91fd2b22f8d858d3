"""OAuth 2.0 with requests-oauthlib, the way most integrations in Python do it: a session that refreshes itself."""

import json
import os
import subprocess
import traceback

from oauthlib.oauth2.rfc6749.errors import InvalidGrantError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

HOST = "https://api2.frontapp.com"
BACK = "https://partner.example/back"
ADMIN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "admin.mjs")
counts = {"passed": 0, "failed": 0}


def check(promise, body):
    try:
        body()
        counts["passed"] += 1
        print(f"ok       requests-oauthlib: {promise}")
    except Exception:  # a tour goes on after a failure
        counts["failed"] += 1
        print(f"FAILED   requests-oauthlib: {promise}")
        print("         " + traceback.format_exc().strip().replace("\n", "\n         "))


def admin(*arguments):
    """What the administrator's program answers; it is one program for the tours of all languages."""
    ran = subprocess.run(["node", ADMIN, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def tokens(session):
    """Sends the administrator away and takes the code that comes back. The state is checked by the library."""
    address, _ = session.authorization_url(f"{HOST}/oauth/authorize")
    back = admin("allow", address)
    return back, session.fetch_token(f"{HOST}/oauth/token", authorization_response=back, client_secret=client["secret"])


def session_of_its_own():
    for pkce in (None, "S256"):
        session = OAuth2Session(client["id"], redirect_uri=BACK, pkce=pkce)
        _, token = tokens(session)
        assert token["token_type"] == "Bearer" and token["refresh_token"], token
        me = session.get(f"{HOST}/me")
        assert me.status_code == 200 and me.json()["id"].startswith("cmp_"), me.text


def renewal():
    kept = []
    session = OAuth2Session(client["id"], redirect_uri=BACK, auto_refresh_url=f"{HOST}/oauth/token", token_updater=kept.append)
    _, token = tokens(session)
    session.token = {**token, "expires_at": 1}
    basic = {"client_id": client["id"], "client_secret": client["secret"]}
    answer = session.get(f"{HOST}/tags", **basic)
    assert answer.status_code == 200, answer.text
    assert len(kept) == 1 and kept[0]["access_token"] != token["access_token"], kept
    assert kept[0]["refresh_token"] == token["refresh_token"], kept
    again = session.refresh_token(f"{HOST}/oauth/token", auth=HTTPBasicAuth(client["id"], client["secret"]))
    assert again["expires_in"] == 3600, again


def second_use():
    session = OAuth2Session(client["id"], redirect_uri=BACK)
    back, _ = tokens(session)
    try:
        session.fetch_token(f"{HOST}/oauth/token", authorization_response=back, client_secret=client["secret"])
    except InvalidGrantError:
        return
    raise AssertionError("a code was taken twice")


client = json.loads(admin("register", BACK))
check("a code is exchanged and opens the API, with PKCE and without", session_of_its_own)
check("a session refreshes itself when its token is over", renewal)
check("the second use of a code is an invalid grant", second_use)
os.write(3, f"{counts['passed']} {counts['failed']} 0\n".encode())

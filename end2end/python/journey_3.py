"""Journey 3 without a browser: Authlib and requests-oauthlib each take an admin of another organization through sign-in, picker and consent,
exchange the code with PKCE, call the API, refresh, and meet 401 once the admin has revoked the install."""

import json
import os
import unittest
from urllib.parse import parse_qs, urlsplit

# Portico listens on loopback here: oauthlib wants to be told that http is meant.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from requests_oauthlib import OAuth2Session as RequestsOAuthlibSession

from browser import Browser
from server import Portico

REDIRECT_URI = "http://127.0.0.1:8765/callback"
SCOPES = ["read", "posts:read"]


class Journey3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.portico = Portico()
        cls.addClassCleanup(cls.portico.stop)
        partner = cls.portico.partner()
        cls.admin, cls.organization = cls.portico.admin_elsewhere()
        cls.owner = partner["slug"]

    def setUp(self):
        self.name = "Client " + self.id().rsplit(".")[-1]
        method = "client_secret_post" if self.name.endswith("requests_oauthlib") else "client_secret_basic"
        words = ["app", "create", "--owner", self.owner, "--name", self.name, "--redirect-uri", REDIRECT_URI, "--auth-method", method]
        for scope in SCOPES:
            words += ["--scope", scope]
        self.client = json.loads(self.portico.command(*words, "--json"))
        self.metadata = Browser(self.portico.url).session.get(self.portico.url + "/.well-known/oauth-authorization-server", timeout=5).json()
        self.assertEqual(self.metadata["issuer"], self.portico.url)

    def allow(self, authorization_url):
        """The admin signs in, picks the organization, allows; returns the address that the browser is sent to."""
        browser = Browser(self.portico.url)
        page = browser.open(authorization_url)
        page = browser.submit(page.form_with("email", "password"), email=self.admin["email"], password=self.admin["password"])
        page = browser.submit(page.form_with("organization", "choose"), organization=self.organization["id"], choose="1")
        browser.submit(page.form_with("organization", "decision"), decision="allow")
        self.assertIsNotNone(browser.left, "the consent form did not lead back to the client")
        answer = parse_qs(urlsplit(browser.left).query)
        self.assertEqual(answer["iss"], [self.portico.url])
        return browser, browser.left

    def revoke_install(self, browser):
        """The admin finds the install among those of the organization, sees that it was used, and revokes it."""
        page = browser.open("/")
        page = browser.submit(page.form_with("organization", "next"), organization=self.organization["id"])
        page = browser.open("/installs")
        page = browser.open(page.link(self.name))
        page = browser.submit(page.form_with("install", "block"), reason="The test is over.", block="false")
        self.assertIn("None of its tokens works any more.", " ".join(page.text))

    def check_api(self, session):
        me = session.get(self.portico.url + "/api/v1/whoami", timeout=5)
        self.assertEqual(me.status_code, 200, me.text)
        self.assertIn(self.organization["id"], me.text)

    def test_with_authlib(self):
        session = AuthlibSession(
            self.client["client_id"],
            self.client["client_secret"],
            scope=" ".join(SCOPES),
            redirect_uri=REDIRECT_URI,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic",
        )
        verifier = generate_token(48)
        url, state = session.create_authorization_url(self.metadata["authorization_endpoint"], code_verifier=verifier)
        browser, answer = self.allow(url)
        token = session.fetch_token(self.metadata["token_endpoint"], authorization_response=answer, code_verifier=verifier, state=state)
        self.assertEqual(set(token["scope"].split()), set(SCOPES))
        self.check_api(session)

        refreshed = session.refresh_token(self.metadata["token_endpoint"], refresh_token=token["refresh_token"])
        self.assertNotEqual(refreshed["access_token"], token["access_token"])
        self.check_api(session)

        self.revoke_install(browser)
        self.assertEqual(session.get(self.portico.url + "/api/v1/whoami", timeout=5).status_code, 401)

    def test_with_requests_oauthlib(self):
        session = RequestsOAuthlibSession(self.client["client_id"], redirect_uri=REDIRECT_URI, scope=SCOPES, pkce="S256")
        url, _ = session.authorization_url(self.metadata["authorization_endpoint"])
        browser, answer = self.allow(url)
        secret = self.client["client_secret"]
        token = session.fetch_token(self.metadata["token_endpoint"], authorization_response=answer, client_secret=secret, include_client_id=True)
        self.assertEqual(set(token["scope"]), set(SCOPES))
        self.check_api(session)

        again = {"client_id": self.client["client_id"], "client_secret": secret}
        refreshed = session.refresh_token(self.metadata["token_endpoint"], **again)
        self.assertNotEqual(refreshed["access_token"], token["access_token"])
        self.check_api(session)

        self.revoke_install(browser)
        self.assertEqual(session.get(self.portico.url + "/api/v1/whoami", timeout=5).status_code, 401)


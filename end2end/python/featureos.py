"""What FeatureOS tells its partners (OAuth Apps), step by step, with requests-oauthlib, against an instance with its brand and policy."""

import os
import subprocess
import time
import unittest

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from requests_oauthlib import OAuth2Session

from person import Person
from server import Portico, until

SCOPES = ["posts:read", "posts:write"]


class Partner(unittest.TestCase):
    """What a partner's program does, whatever the lifetimes are."""

    config_text = ""

    def setUp(self):
        self.portico = Portico(token_brand="fo", config_text=self.config_text)
        self.addCleanup(self.portico.stop)
        self.app = self.portico.app("featureos")
        self.redirect_uri = self.app["redirect_uris"][-1]
        self.admin, self.organization = self.portico.admin_elsewhere()

    def connect(self, person, organization=None, **parameters):
        """The authorization code grant, as the document describes it: consent, then the exchange."""
        session, code = self.consent(person, organization, **parameters)
        return session, self.exchange(session, person), code

    def consent(self, person, organization=None, **parameters):
        session = OAuth2Session(self.app["client_id"], redirect_uri=self.redirect_uri, scope=SCOPES)
        url, state = session.authorization_url(self.portico.url + "/oauth/authorize", **parameters)
        answer = person.allow(url, organization or self.organization)
        self.assertEqual(answer["state"], state)
        self.assertRegex(answer["code"], "^fooc_")
        return session, answer["code"]

    def exchange(self, session, person):
        secret = self.app["client_secret"]
        return session.fetch_token(self.portico.url + "/oauth/token", authorization_response=person.browser.left, client_secret=secret)

    def call(self, token):
        return requests.get(self.portico.url + "/api/v1/whoami", headers={"Authorization": "Bearer " + token}, timeout=10)

    def refresh(self, session):
        return session.refresh_token(self.portico.url + "/oauth/token", auth=self.credentials())

    def credentials(self):
        return self.app["client_id"], self.app["client_secret"]


class FeatureOS(Partner):
    def test_the_prefixes_lifetimes_and_single_showing(self):
        self.assertRegex(self.app["client_id"], "^foapp_")
        self.assertRegex(self.app["client_secret"], "^fosec_")
        _, token, code = self.connect(Person(self.portico, self.admin))
        self.assertRegex(token["access_token"], "^foot_")
        self.assertRegex(token["refresh_token"], "^foor_")
        self.assertEqual(token["expires_in"], 24 * 60 * 60)
        self.assertEqual(set(token["scope"]), {"posts:read", "posts:write"})
        hidden = [self.app["client_secret"], code, token["access_token"], token["refresh_token"]]
        self.assertEqual(self.portico.secrets_at_rest(*hidden), [])

    def test_a_rotated_secret_is_shown_once_and_tokens_outlive_it(self):
        session, token, _ = self.connect(Person(self.portico, self.admin))
        owner = self.portico.organization(self.app["owner"])
        browser = Person(self.portico, self.portico.developer(owner)).sign_in().work_in(owner).browser
        page = browser.open("/apps?q=" + self.app["client_id"])
        credentials = page.link(self.app["name"]).replace("overview", "credentials")
        app = dict(browser.open(credentials).form_with("app", "label", "grace_seconds").fields)["app"]
        secret = browser.call("/fn/apps/credentials/rotate", app=app, label="Autumn", grace_seconds=0)["secret"]
        self.assertRegex(secret, "^fosec_")
        again = browser.open(credentials).source
        self.assertIn(secret[-4:], again)
        self.assertNotIn(secret, again)
        self.assertEqual(self.portico.secrets_at_rest(secret), [])

        with self.assertRaisesRegex(Exception, "invalid_client"):
            self.refresh(session)
        self.assertEqual(self.call(token["access_token"]).status_code, 200)
        self.app["client_secret"] = secret
        self.assertEqual(self.call(self.refresh(session)["access_token"]).status_code, 200)

    def test_organization_actor_and_scopes_are_resolved_from_the_token_itself(self):
        _, token, _ = self.connect(Person(self.portico, self.admin))
        me = self.call(token["access_token"]).json()
        self.assertEqual(me["organization"]["id"], self.organization["id"])
        self.assertEqual(me["actor"], "app")
        self.assertIsNone(me["user"])
        self.assertEqual(set(me["scopes"]), {"posts:read", "posts:write"})

    def test_actor_self_acts_as_the_connecting_user(self):
        _, token, _ = self.connect(Person(self.portico, self.admin), actor="self")
        me = self.call(token["access_token"]).json()
        self.assertEqual(me["actor"], "self")
        self.assertEqual(me["user"]["email"], self.admin["email"])

    def test_the_refresh_token_rotates_the_access_token_in_place_until_the_install_is_revoked(self):
        person = Person(self.portico, self.admin)
        session, first, _ = self.connect(person)
        second = self.refresh(session)
        self.assertEqual(second["refresh_token"], first["refresh_token"])
        self.assertNotEqual(second["access_token"], first["access_token"])
        self.assertEqual(self.call(first["access_token"]).status_code, 401)
        self.assertEqual(self.call(second["access_token"]).status_code, 200)
        third = self.refresh(session)
        self.assertEqual(third["refresh_token"], first["refresh_token"])

        person.disconnect(self.app["name"], self.organization)
        self.assertEqual(self.call(third["access_token"]).status_code, 401)
        with self.assertRaisesRegex(Exception, "invalid_grant"):
            self.refresh(session)
        _, again, _ = self.connect(person)
        self.assertEqual(self.call(again["access_token"]).status_code, 200)

    def test_one_live_token_per_target_organization(self):
        person = Person(self.portico, self.admin)
        other = next(m["organization"] for m in self.admin["memberships"] if m["organization"] != self.organization["slug"])
        _, elsewhere, _ = self.connect(person, self.portico.organization(other))
        session, first, _ = self.connect(person)
        _, second, _ = self.connect(person)
        self.assertEqual(self.call(first["access_token"]).status_code, 401)
        with self.assertRaisesRegex(Exception, "invalid_grant"):
            self.refresh(session)
        self.assertEqual(self.call(second["access_token"]).status_code, 200)
        there = self.call(elsewhere["access_token"])
        self.assertEqual((there.status_code, there.json()["organization"]["slug"]), (200, other))

    def test_a_code_is_single_use(self):
        _, token, code = self.connect(Person(self.portico, self.admin))
        again = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        replay = requests.post(self.portico.url + "/oauth/token", data=again, auth=self.credentials(), timeout=10)
        self.assertEqual((replay.status_code, replay.json()["error"]), (400, "invalid_grant"))
        self.assertEqual(self.call(token["access_token"]).status_code, 401)

    def test_redirect_uris_are_https_or_loopback(self):
        hosts = ["https://slackbot.example/callback", "http://localhost:3000/callback", "http://127.0.0.1/callback", "http://[::1]/callback"]
        self.assertEqual(self.registered(hosts)["redirect_uris"], hosts)
        with self.assertRaises(subprocess.CalledProcessError):
            self.registered("http://slackbot.example/callback")

    def test_a_redirect_uri_that_is_nearly_the_registered_one_is_a_page(self):
        exact = self.redirect_uri
        for near in (exact + "/", exact + "?next=1", exact.upper(), exact.replace("https:", "http:"), exact.replace("://", "://www.")):
            with self.subTest(near):
                url, _ = OAuth2Session(self.app["client_id"], redirect_uri=near, scope=SCOPES).authorization_url(self.portico.url + "/oauth/authorize")
                person = Person(self.portico, self.admin)
                self.assertIsNotNone(person.browser.open(url), f"the browser was sent to {person.browser.left}")
                self.assertEqual(person.browser.page.status, 400)

    def registered(self, redirect_uri):
        """An app that is not in the demo data: redirect URIs are judged where an app is registered."""
        return self.portico.app_create(owner=self.app["owner"], name="Slack bot", redirect_uri=redirect_uri, scope=SCOPES, token_policy="featureos")


class FeatureOSLifetimes(Partner):
    """What comes after 24 hours and after 5 minutes, with a policy under which both are four seconds."""

    config_text = "[token_policies.featureos]\naccess_seconds = 4\ncode_seconds = 4\n"

    def test_after_an_access_token_has_expired_its_refresh_token_brings_another(self):
        session, token, _ = self.connect(Person(self.portico, self.admin))
        self.assertEqual(token["expires_in"], 4)
        until(time.time() + 4)
        self.assertEqual(self.call(token["access_token"]).status_code, 401)
        self.assertEqual(self.call(self.refresh(session)["access_token"]).status_code, 200)

    def test_an_expired_code_is_refused(self):
        person = Person(self.portico, self.admin)
        session, _ = self.consent(person)
        until(time.time() + 4)
        with self.assertRaisesRegex(Exception, "invalid_grant"):
            self.exchange(session, person)

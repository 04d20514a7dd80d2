"""What Financefeast tells its partners (OAuth Integration), step by step, with Authlib, against an instance that reviews apps."""

import time
import unittest

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from browser import Browser
from curl import curl
from person import Person
from server import Portico

SCOPE = "openid profile plan"


class Financefeast(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.portico = Portico(token_brand="ff", app_review="before_live", terms_version="2026-11", terms_url="https://financefeast.example/terms")
        cls.addClassCleanup(cls.portico.stop)
        cls.owner = cls.portico.partner()
        cls.customer, cls.organization = cls.portico.admin_elsewhere()
        cls.app = cls.portico.app("financefeast")
        cls.new_app = cls.portico.app_create(
            owner=cls.owner["slug"],
            name="Ledger lens",
            redirect_uri="https://ledgerlens.example/oauth/callback",
            scope=SCOPE.split(),
            auth_method="client_secret_post",
            token_policy="financefeast",
            pkce="optional",
            actor="self",
        )

    def session(self, app):
        return OAuth2Session(
            app["client_id"],
            app["client_secret"],
            scope=SCOPE,
            redirect_uri=app["redirect_uris"][-1],
            token_endpoint_auth_method="client_secret_post",
        )

    def staff(self, role):
        return Person(self.portico, next(person for person in self.portico.demo["users"] if person["staff_role"] == role)).sign_in()

    def test_1_until_it_is_approved_the_app_is_a_page_for_customers(self):
        url, _ = self.session(self.new_app).create_authorization_url(self.portico.url + "/oauth/authorize", nonce=generate_token())
        person = Person(self.portico, self.customer).sign_in()
        page = person.browser.open(url)
        self.assertIsNotNone(page, "nothing leads back to an app that nobody approved")
        self.assertEqual(page.status, 403)
        self.assertIn("unauthorized_client", page.text)
        self.assertFalse(any({"organization", "decision"} <= form.names() for form in page.forms))

    def test_2_the_partner_accepts_the_terms_and_financefeast_approves(self):
        self.developer_submits()
        operator = self.staff("operator")
        page = operator.browser.open("/support/reviews")
        page = operator.browser.open(page.link(self.new_app["name"]))
        text = " ".join(page.text)
        self.assertIn("2026-11", text)
        operator.browser.submit(page.form_with("verdict", "feedback"), verdict="approve", feedback="")

    def developer_submits(self):
        developer = Person(self.portico, self.portico.developer(self.owner)).sign_in().work_in(self.owner)
        page = developer.browser.open(f"/apps/{self.new_app['app_id']}/overview")
        self.assertIn("https://financefeast.example/terms", [href for href, _ in page.links])
        developer.browser.submit(page.form_with("accepted_terms"), accepted_terms="2026-11")

    def test_3_the_flow_of_the_document(self):
        for app in (self.app, self.new_app):
            with self.subTest(app["name"]):
                self.flow(app)

    def flow(self, app):
        session = self.session(app)
        sent = {}

        def keep(response):
            sent.update(response.json())
            return response

        # As it came: Authlib makes an `expires_at` of its own where there is none.
        session.register_compliance_hook("access_token_response", keep)
        nonce = generate_token()
        url, state = session.create_authorization_url(self.portico.url + "/oauth/authorize", nonce=nonce)
        person = Person(self.portico, self.customer)
        answer = person.allow(url, self.organization)
        self.assertEqual(answer["state"], state)
        before = int(time.time())
        token = session.fetch_token(self.portico.url + "/oauth/token", authorization_response=person.browser.left, state=state)
        self.assertEqual(set(token["scope"].split()), set(SCOPE.split()))
        self.assertEqual((token["token_type"], token["expires_in"]), ("Bearer", 864000))
        self.assertLessEqual({"access_token", "expires_in", "scope", "token_type", "expires_at"}, set(sent))
        self.assertIsInstance(sent["expires_at"], int)
        self.assertTrue(before + 864000 - 1 <= sent["expires_at"] <= int(time.time()) + 864000, sent["expires_at"])
        self.assertNotIn("refresh_token", sent)
        self.call(sent)

        identity = self.identity(app, token["id_token"])
        self.assertEqual(identity["nonce"], nonce)
        me = session.get(self.portico.url + "/oauth/userinfo", timeout=10).json()
        self.assertEqual(me["sub"], identity["sub"])
        self.assertEqual(me["email"], self.customer["email"], "the scope profile is the customer's e-mail address")
        self.assertTrue(me["plan"])
        hidden = [app["client_secret"], answer["code"], token["access_token"], token["id_token"]]
        self.assertEqual(self.portico.secrets_at_rest(*hidden), [])

    def call(self, token):
        """API Call, as the document's curl command sends it, a query that says nothing here included."""
        answer = curl(
            *("-X", "GET"),
            self.portico.url + "/api/v1/whoami?ticker=air.nz",
            *("-H", "accept: application/json"),
            *("-H", "Authorization: Bearer " + token["access_token"]),
        )
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/json"), answer.text)
        me = answer.json()
        self.assertEqual((me["organization"]["id"], me["actor"]), (self.organization["id"], "self"))
        self.assertEqual(me["user"]["email"], self.customer["email"])
        self.assertEqual(set(me["scopes"]), set(SCOPE.split()))
        self.assertEqual(me["expires_at"], token["expires_at"], "what the app stores is when it ends")

    def identity(self, app, id_token):
        keys = Browser(self.portico.url).session.get(self.portico.url + "/.well-known/jwks.json", timeout=10).json()
        verified = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims
        self.assertEqual((verified["iss"], verified["aud"]), (self.portico.url, app["client_id"]))
        return verified

    def allowed(self, left_out="", **parameters):
        """The answer to a request without one of its parameters, and the token that it comes to."""
        url = self.session(self.app).create_authorization_url(self.portico.url + "/oauth/authorize", **parameters)[0]
        address, _, query = url.partition("?")
        query = "&".join(part for part in query.split("&") if part.partition("=")[0] != left_out)
        answer = Person(self.portico, self.customer).allow(address + "?" + query, self.organization)
        return answer, self.session(self.app).fetch_token(self.portico.url + "/oauth/token", code=answer["code"])

    def test_4_state_and_nonce_are_optional(self):
        answer, token = self.allowed(left_out="state")
        self.assertNotIn("state", answer)
        self.assertNotIn("nonce", self.identity(self.app, token["id_token"]))

    def test_5_without_a_scope_the_app_gets_what_it_registered(self):
        _, token = self.allowed(left_out="scope", nonce="n")
        self.assertEqual(set(token["scope"].split()), set(SCOPE.split()))
        self.assertEqual(self.identity(self.app, token["id_token"])["nonce"], "n")

    def test_6_the_parameter_nounce_as_the_document_spells_it_is_ignored(self):
        _, token = self.allowed(nounce=generate_token())
        self.assertNotIn("nonce", self.identity(self.app, token["id_token"]))

    def test_7_a_redirect_uri_that_is_not_whitelisted_is_a_page(self):
        url = self.session(self.app).create_authorization_url(self.portico.url + "/oauth/authorize")[0]
        browser = Browser(self.portico.url)
        page = browser.open(url.replace("callback", "elsewhere"))
        self.assertEqual(page.status, 400)

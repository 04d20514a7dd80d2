"""What Fera tells its partners (App Authentication), step by step, with curl, against an instance with its policy."""

import unittest
from urllib.parse import urlencode

from curl import curl
from person import Person
from server import Portico


class Fera(unittest.TestCase):
    def setUp(self):
        self.portico = Portico(token_brand="fera")
        self.addCleanup(self.portico.stop)
        self.app = self.portico.app("fera")
        self.redirect_uri = self.app["redirect_uris"][-1]
        self.admin, self.store = self.portico.admin_elsewhere()

    def authorization_url(self, **parameters):
        """Step 1: the document's parameters, and no others; there is no `response_type` among them."""
        always = {"client_id": self.app["client_id"], "redirect_uri": self.redirect_uri, "scope": "read write"}
        return self.portico.url + "/oauth/authorize?" + urlencode(always | parameters)

    def token(self, code):
        """Step 2, as the document's curl command sends it."""
        return curl(
            self.portico.url + "/oauth/token",
            *("-d", "client_id=" + self.app["client_id"]),
            *("-d", "client_secret=" + self.app["client_secret"]),
            *("-d", "grant_type=authorization_code"),
            *("-d", "redirect_uri=" + self.redirect_uri),
            *("-d", "code=" + code),
        )

    def call(self, token):
        """Step 3."""
        return curl("--request", "GET", "--url", self.portico.url + "/api/v1/whoami", "--header", "Authorization: Bearer " + token)

    def test_the_document_from_top_to_bottom(self):
        person = Person(self.portico, self.admin)
        answer = person.allow(self.authorization_url(state="a random string", store=self.store["domain"] or self.store["id"]))
        self.assertEqual(answer["state"], "a random string")
        issued = self.token(answer["code"])
        self.assertEqual(issued.status, 200, issued.text)
        token = issued.json()
        self.assertEqual(set(token["scope"].split()), {"read", "write"})
        self.assertEqual(token["token_type"], "Bearer")
        self.assertNotIn("expires_in", token)
        self.assertNotIn("refresh_token", token)

        me = self.call(token["access_token"])
        self.assertEqual(me.status, 200, me.text)
        self.assertEqual(me.json()["organization"]["id"], self.store["id"])
        self.assertIsNone(me.json()["expires_at"])

        revoked = curl(
            self.portico.url + "/oauth/revoke",
            *("-d", "client_id=" + self.app["client_id"]),
            *("-d", "client_secret=" + self.app["client_secret"]),
            *("-d", "token=" + token["access_token"]),
        )
        self.assertEqual(revoked.status, 200, revoked.text)
        self.assertEqual(self.call(token["access_token"]).status, 401)
        hidden = [self.app["client_secret"], answer["code"], token["access_token"]]
        self.assertEqual(self.portico.secrets_at_rest(*hidden), [])

    def test_state_is_mandatory(self):
        person = Person(self.portico, self.admin)
        person.browser.open(self.authorization_url(store=self.store["id"]))
        self.assertIsNotNone(person.browser.left, "the app is told at its redirect URI")
        self.assertEqual(person.answer()["error"], "invalid_request")

    def test_the_store_is_named_by_its_id_or_domain_and_the_person_confirms_it(self):
        for name in filter(None, [self.store["id"], self.store["domain"]]):
            person = Person(self.portico, self.admin).sign_in()
            page = person.browser.open(self.authorization_url(state="s", store=name))
            self.assertIn(self.store["name"], " ".join(page.text))
            page.form_with("organization", "decision")

    def test_tokens_do_not_expire_each_other(self):
        person = Person(self.portico, self.admin)
        tokens = []
        for _ in range(2):
            answer = person.allow(self.authorization_url(state="s", store=self.store["id"]))
            tokens.append(self.token(answer["code"]).json()["access_token"])
        self.assertEqual([self.call(token).status for token in tokens], [200, 200])

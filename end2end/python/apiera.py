"""What Apiera tells its users (Authentication), step by step, with curl, against an instance with its audience and policy."""

import base64
import json
import unittest

from joserfc import jwt
from joserfc.jwk import KeySet

from curl import curl
from person import Person
from server import Portico, until

AUDIENCE = "https://api.apiera.io"


class Apiera(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.portico = Portico(token_brand="apiera", audiences=AUDIENCE)
        cls.addClassCleanup(cls.portico.stop)
        cls.app = cls.portico.app("apiera")
        cls.organization = cls.installed_organization()

    @classmethod
    def installed_organization(cls):
        """The target organization in which the demo data has the app installed."""
        for organization in cls.portico.demo["organizations"]:
            if cls.request(organization=organization["id"]).status == 200:
                return organization
        raise AssertionError("the demo's app is installed nowhere")

    @classmethod
    def request(cls, **changes):
        """The document's request; a change to None leaves the member out."""
        body = {
            "client_id": cls.app["client_id"],
            "client_secret": cls.app["client_secret"],
            "audience": AUDIENCE,
            "grant_type": "client_credentials",
        } | changes
        body = {name: value for name, value in body.items() if value is not None}
        return curl(cls.portico.url + "/oauth/token", "--header", "Content-Type: application/json", "--data", json.dumps(body))

    def token(self, **changes):
        answer = self.request(organization=self.organization["id"], **changes)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json()

    def call(self, token, *words, path="/api/v1/organization"):
        return curl(
            self.portico.url + path,
            *("--header", "Authorization: Bearer " + token),
            *("--header", "Content-Type: application/json"),
            *words,
        )

    def test_a_token_by_client_credentials(self):
        token = self.token()
        self.assertRegex(token["access_token"], "^eyJ")
        self.assertEqual((token["token_type"], token["expires_in"]), ("Bearer", 86400))
        self.assertNotIn("refresh_token", token)
        self.assertRegex(self.organization["id"], "^org_")

    def test_the_token_is_an_rs256_jwt_whose_key_is_published(self):
        token = self.token()["access_token"]
        keys = KeySet.import_key_set(curl(self.portico.url + "/.well-known/jwks.json").json())
        verified = jwt.decode(token, keys, algorithms=["RS256"])
        self.assertEqual(verified.header["typ"], "at+jwt")
        claims = verified.claims
        self.assertEqual(claims["iss"], self.portico.url)
        self.assertIn(AUDIENCE, [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"])
        self.assertEqual(claims["exp"] - claims["iat"], 86400)
        self.assertEqual(claims["org_id"], self.organization["id"])
        self.assertEqual((claims["sub"], claims["client_id"]), (self.app["client_id"], self.app["client_id"]))
        self.assertLessEqual(set(claims["permissions"]), {"read", "write", "delete", "admin"})
        self.assertTrue(claims["permissions"])

    def test_an_authenticated_request(self):
        answer = self.call(self.token()["access_token"])
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.json()["id"], self.organization["id"])

    def test_401_for_an_invalid_token(self):
        answer = self.call(self.token()["access_token"][:-3] + "AAA")
        self.assertEqual((answer.status, answer.json()["error"]), (401, "invalid_token"))
        self.assertTrue(answer.json()["message"])

    def test_403_for_insufficient_permissions(self):
        narrow = self.token(scope="read")["access_token"]
        answer = self.call(narrow, "--request", "PATCH", "--data", '{"name": "Renamed"}')
        self.assertEqual(answer.status, 403, answer.text)
        self.assertTrue(answer.json()["message"])

    def test_one_400_for_a_missing_or_invalid_organization(self):
        unknown = "org_" + "0" * 8 + "-0000-7000-8000-" + "0" * 12
        elsewhere = next(o["id"] for o in self.portico.demo["organizations"] if o["slug"] == self.app["owner"])
        answers = [self.request(organization=value) for value in (None, "org_YOUR_ORG_ID", unknown, elsewhere)]
        self.assertEqual({answer.status for answer in answers}, {400})
        self.assertEqual(len({answer.text for answer in answers}), 1, [answer.text for answer in answers])
        self.assertEqual(answers[0].json()["error"], "invalid_request")

    def test_the_secret_is_needed_and_kept_nowhere(self):
        wrong = self.request(organization=self.organization["id"], client_secret="wrong")
        self.assertEqual((wrong.status, wrong.json()["error"]), (401, "invalid_client"))
        token = self.token()["access_token"]
        signature = token.rpartition(".")[2]
        self.assertEqual(self.portico.secrets_at_rest(self.app["client_secret"], token, signature), [])

    def test_an_admin_of_the_organization_ends_it_at_once(self):
        person = next(
            person
            for person in self.portico.demo["users"]
            for membership in person["memberships"]
            if membership["organization"] == self.organization["slug"] and membership["role"] in ("owner", "admin") and len(person["memberships"]) > 1
        )
        portico = Portico(token_brand="apiera", audiences=AUDIENCE)
        self.addCleanup(portico.stop)
        app = portico.app("apiera")
        organization = portico.organization(self.organization["slug"])
        body = {"client_id": app["client_id"], "client_secret": app["client_secret"], "audience": AUDIENCE}
        body |= {"grant_type": "client_credentials", "organization": organization["id"]}
        ask = ["--header", "Content-Type: application/json", "--data", json.dumps(body)]
        token = curl(portico.url + "/oauth/token", *ask).json()["access_token"]
        call = [portico.url + "/api/v1/organization", "--header", "Authorization: Bearer " + token]
        self.assertEqual(curl(*call).status, 200)
        Person(portico, person).sign_in().disconnect(app["name"], organization)
        self.assertEqual(curl(*call).status, 401)
        self.assertEqual(curl(portico.url + "/oauth/token", *ask).status, 400)


class ApieraExpiry(unittest.TestCase):
    """The answer to an expired token, with a policy whose tokens end after a second."""

    def test_the_answer_to_an_expired_token(self):
        portico = Portico(audiences=AUDIENCE, config_text='[token_policies.apiera]\naccess_seconds = 1\n')
        self.addCleanup(portico.stop)
        app = portico.app("apiera")
        body = {"client_id": app["client_id"], "client_secret": app["client_secret"], "audience": AUDIENCE, "grant_type": "client_credentials"}
        issued = []
        for organization in portico.demo["organizations"]:
            ask = json.dumps(body | {"organization": organization["id"]})
            issued.append(curl(portico.url + "/oauth/token", "--header", "Content-Type: application/json", "--data", ask))
        token = next(answer.json() for answer in issued if answer.status == 200)
        self.assertEqual(token["expires_in"], 1)
        claims = token["access_token"].split(".")[1]
        until(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"])
        answer = curl(portico.url + "/api/v1/organization", "--header", "Authorization: Bearer " + token["access_token"])
        self.assertEqual(answer.status, 401)
        self.assertEqual(answer.json()["error"], "invalid_token")
        self.assertEqual(answer.json()["message"], "Token has expired")
        self.assertIn('error="invalid_token"', answer.headers["www-authenticate"])

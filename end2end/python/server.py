"""A Portico of its own for the clients: the built binary on a fresh SQLite database with the demo data in it."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

import requests


def until(moment):
    """Waits for a moment of the clock that the server reads too."""
    while time.time() < moment:
        time.sleep(0.05)


class Portico:
    def __init__(self, binary=None, config_text="", **configuration):
        """`configuration` holds keys over those that a test server has, `token_brand="fo"`; `config_text` is its `portico.toml`."""
        self.binary = binary or os.environ["PORTICO"]
        self.folder = tempfile.mkdtemp(prefix="portico-python-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % probe.getsockname()[1]
        self.url = f"http://{address}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.folder,
            "PORTICO_DATABASE_URL": f"sqlite://{self.folder}/portico.db",
            "PORTICO_LISTEN": address,
            "PORTICO_ISSUER": self.url,
            "PORTICO_LOG_LEVEL": "trace",
        }
        if config_text:
            with open(os.path.join(self.folder, "portico.toml"), "w", encoding="utf-8") as file:
                file.write(config_text)
        # What every secret, code and opaque token looks like, and every JWT with its signature.
        brand = configuration.get("token_brand", "ptc").encode()
        self.issued = re.compile(brand + rb"[a-z]+_[0-9A-Za-z]{55}|eyJ[\w-]+\.[\w-]+\.[\w-]{20,}")
        self.environment |= {f"PORTICO_{key.upper()}": value for key, value in configuration.items()}
        self.demo = json.loads(self.command("demo", "--json"))
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen([self.binary, "serve"], env=self.environment, cwd=self.folder, stdout=self.log, stderr=self.log)
        self._wait()

    def command(self, *words):
        return subprocess.run([self.binary, *words], env=self.environment, cwd=self.folder, check=True, stdout=subprocess.PIPE, text=True).stdout

    def _wait(self):
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if requests.get(f"{self.url}/readyz", timeout=2).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.025)
        raise RuntimeError("portico serve is not ready:\n" + open(self.log.name, encoding="utf-8").read())

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=40)
        self.log.close()
        found = set(self.issued.findall(self._contents()))
        shutil.rmtree(self.folder)
        if found:
            raise AssertionError(f"secrets at rest: {[secret[:12] for secret in found]}")

    def app_create(self, **properties):
        """Registers an app from the command line; `scope=["read", "write"]` repeats the argument. What `--json` prints."""
        words = ["app", "create", "--json"]
        for name, values in properties.items():
            for value in values if isinstance(values, list) else [values]:
                words += ["--" + name.replace("_", "-"), value]
        return json.loads(self.command(*words))

    def secrets_at_rest(self, *secrets):
        """Those of `secrets` that stand in the database or in the log, in any encoding that a reader could undo without a key."""
        self.log.flush()
        contents = self._contents()
        return [secret for secret in secrets if secret.encode() in contents or secret.encode().hex().encode() in contents]

    def _contents(self):
        files = [os.path.join(self.folder, name) for name in os.listdir(self.folder)]
        return b"".join(open(name, "rb").read() for name in files if os.path.isfile(name))

    def organization(self, name):
        return next(o for o in self.demo["organizations"] if name in (o["id"], o["slug"], o["name"]))

    def app(self, token_policy):
        """The app of the demo data that has this token policy."""
        return next(app for app in self.demo["apps"] if app["token_policy"] == token_policy)

    def partner(self):
        """An organization that owns apps in the demo data."""
        return self.organization(self.demo["apps"][0]["owner"])

    def developer(self, owner):
        """An owner or admin of an organization that makes apps."""
        for person in self.demo["users"]:
            for membership in person["memberships"]:
                if membership["organization"] == owner["slug"] and membership["role"] in ("owner", "admin"):
                    return person
        raise AssertionError("the organization has no owner")

    def admin_elsewhere(self):
        """An owner or admin of an organization that makes no apps, and that organization."""
        partners = [self.organization(app["owner"])["id"] for app in self.demo["apps"]]
        for person in self.demo["users"]:
            for membership in person["memberships"]:
                organization = self.organization(membership["organization"])
                if membership["role"] in ("owner", "admin") and organization["id"] not in partners and len(person["memberships"]) > 1:
                    return person, organization
        raise AssertionError("the demo data has no admin of two organizations outside of the partners")

"""A person at a browser without scripts: follows redirects within Portico, fills forms by the stable names of their fields."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests


class Form:
    """A form of a page: where it goes, what it carries, which buttons send it."""

    def __init__(self, action, method):
        self.action = action
        self.method = method
        self.fields = []
        self.choices = {}
        self.buttons = []

    def names(self):
        return {name for name, _ in self.fields} | set(self.choices) | {name for name, _ in self.buttons}


class Page(HTMLParser):
    """The forms of a page, its text, and all that came."""

    def __init__(self, response):
        super().__init__()
        self.url = response.url
        self.status = response.status_code
        self.source = response.text
        self.csrf = None
        self.forms = []
        self.by_id = {}
        self.links = []
        self.text = []
        self._form = None
        self._link = None
        self.feed(response.text)

    def handle_starttag(self, tag, attributes):
        attribute = dict(attributes)
        if tag == "meta" and attribute.get("name") == "csrf":
            self.csrf = attribute["content"]
        if tag == "a" and "href" in attribute:
            self._link = [attribute["href"], ""]
            self.links.append(self._link)
        if tag == "form":
            action = urljoin(self.url, attribute.get("action") or self.url)
            self._form = Form(action, attribute.get("method", "get").lower())
            self.forms.append(self._form)
            if "id" in attribute:
                self.by_id[attribute["id"]] = self._form
        form = self.by_id.get(attribute.get("form")) or self._form
        name = attribute.get("name")
        if form is None or not name:
            return
        value = attribute.get("value", "")
        if tag == "button" and attribute.get("type", "submit") == "submit":
            form.buttons.append((name, value))
        elif tag == "textarea":
            form.fields.append((name, ""))
        elif tag == "input" and attribute.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(value)
            if "checked" in attribute:
                form.fields.append((name, value))
        elif tag == "input":
            form.fields.append((name, value))

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        if tag == "a":
            self._link = None

    def handle_data(self, data):
        self.text.append(data)
        if self._link:
            self._link[1] += data

    def link(self, text):
        """Where the first link with this text leads."""
        for href, words in self.links:
            if words.strip() == text:
                return href
        raise AssertionError(f"no link {text!r} on {self.url} ({self.status})")

    def form_with(self, *names):
        for form in self.forms:
            if set(names) <= form.names():
                return form
        raise AssertionError(f"no form with {names} on {self.url} ({self.status}): {' '.join(' '.join(self.text).split())[:600]}")


class Browser:
    """Cookies, redirects and the page that it shows; `left` is the address that it was sent to outside of Portico."""

    def __init__(self, portico):
        self.portico = portico
        self.session = requests.Session()
        self.session.headers["Accept"] = "text/html"
        self.page = None
        self.left = None

    def open(self, url):
        return self._request("GET", urljoin(self.portico, url))

    def submit(self, form, **values):
        """Sends a form with these values over its own; the button that was pressed is one of them."""
        unknown = set(values) - form.names()
        assert not unknown, f"the form at {form.action} has no field {unknown}, only {form.names()}"
        data = [(name, value) for name, value in form.fields if name not in values] + list(values.items())
        return self._request(form.method.upper(), form.action, data=data, headers={"Origin": self.portico})

    def call(self, path, **arguments):
        """Calls a server function as an island of the page does, where a form works with scripts alone; what it answers."""
        headers = {"Origin": self.portico, "Accept": "application/json", "X-CSRF-Token": self.page.csrf}
        response = self.session.post(urljoin(self.portico, path), data=arguments, headers=headers, timeout=20)
        assert response.ok, f"{path} answered {response.status_code}: {response.text[:600]}"
        return response.json()

    def _request(self, method, url, **options):
        for _ in range(10):
            response = self.session.request(method, url, allow_redirects=False, timeout=20, **options)
            if not response.is_redirect:
                self.page, self.left = Page(response), None
                return self.page
            assert method == "GET" or response.status_code == 303, f"{method} {url} answered {response.status_code}, not 303"
            url = urljoin(url, response.headers["Location"])
            method, options = "GET", {}
            if "{0.scheme}://{0.netloc}".format(urlsplit(url)) != self.portico:
                self.page, self.left = None, url
                return None
        raise AssertionError(f"too many redirects, the last to {url}")

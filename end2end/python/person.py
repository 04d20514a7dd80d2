"""What a person does in the browser during a flow: sign in, pick an organization, allow, disconnect."""

from urllib.parse import parse_qsl, urlsplit

from browser import Browser


class Person:
    """Somebody of the demo data at a browser of his own."""

    def __init__(self, portico, person):
        self.portico = portico
        self.person = person
        self.browser = Browser(portico.url)

    def sign_in(self):
        page = self.browser.open("/sign-in")
        self.browser.submit(page.form_with("email", "password"), **self._credentials())
        return self

    def allow(self, url, organization=None):
        """Opens the authorization request, signs in where needed, picks `organization`, allows all that is asked for. The parameters that came to the callback."""
        page = self.browser.open(url)
        page = self._through_sign_in(page)
        if page is not None and organization is not None and self._asks(page, "organization", "choose"):
            page = self.browser.submit(page.form_with("organization", "choose"), organization=organization["id"], choose="1")
        if page is not None:
            form = page.form_with("organization", "decision")
            optional = {"scope": form.choices["scope"]} if "scope" in form.choices else {}
            self.browser.submit(form, decision="allow", **optional)
        assert self.browser.left is not None, f"nothing led back to the client: {' '.join(self.browser.page.text)[:600]}"
        return self.answer()

    def answer(self):
        """The parameters of the address that the browser was sent to; each once."""
        pairs = parse_qsl(urlsplit(self.browser.left).query, keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs), f"a parameter comes twice: {self.browser.left}"
        return dict(pairs)

    def work_in(self, organization):
        """Makes it the organization that the pages speak of; who has one alone is there already."""
        page = self.browser.open("/")
        if self._asks(page, "organization", "next"):
            self.browser.submit(page.form_with("organization", "next"), organization=organization["id"])
        return self

    def disconnect(self, app, organization):
        """An admin finds the app among those that are installed in his organization, and revokes it."""
        self.work_in(organization)
        page = self.browser.open("/installs")
        page = self.browser.open(page.link(app))
        page = self.browser.submit(page.form_with("install", "block"), reason="The test is over.", block="false")
        assert "None of its tokens works any more." in " ".join(page.text), " ".join(page.text)

    def _through_sign_in(self, page):
        if page is not None and self._asks(page, "email", "password"):
            return self.browser.submit(page.form_with("email", "password"), **self._credentials())
        return page

    def _credentials(self):
        return {"email": self.person["email"], "password": self.person["password"]}

    @staticmethod
    def _asks(page, *names):
        return any(set(names) <= form.names() for form in page.forms)

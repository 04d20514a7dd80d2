/** Journey 6: an evil redirect URI, in all variants of PROTOCOL 4 and 5: a page, never a redirect. */
import { expect, test } from "../fixtures/test.ts";
import type { Portico } from "../fixtures/portico.ts";

const REGISTERED = "https://client.example/oauth/Callback?tenant=1&kind=a";
const LOOPBACK = "http://127.0.0.1/cb";

const EVIL = [
  "https://evil.example/cb",
  `${REGISTERED}/`,
  `${REGISTERED}&x=1`,
  `${REGISTERED}#`,
  `${REGISTERED}#x`,
  "https://client.example/oauth/Callback",
  "https://client.example/oauth/Callback?kind=a&tenant=1",
  "https://client.example/oauth/%2e%2e/Callback?tenant=1&kind=a",
  "https://client.example/oauth/..;/Callback?tenant=1&kind=a",
  "https://client.example/oauth/Callback;evil=1?tenant=1&kind=a",
  "https://client.example//oauth/Callback?tenant=1&kind=a",
  "https://client.example\\oauth\\Callback?tenant=1&kind=a",
  "https://client.example/oauth/Callback%00?tenant=1&kind=a",
  `${REGISTERED}\r\nLocation: https://evil.example`,
  "https://client.example/oauth/CALLBACK?tenant=1&kind=a",
  "https://user@client.example/oauth/Callback?tenant=1&kind=a",
  "https://a@b@client.example/oauth/Callback?tenant=1&kind=a",
  "https://client.example:443/oauth/Callback?tenant=1&kind=a",
  "https://sub.client.example/oauth/Callback?tenant=1&kind=a",
  "https://client.example.evil.example/oauth/Callback?tenant=1&kind=a",
  "https://xn--clint-bsa.example/oauth/Callback?tenant=1&kind=a",
  "HTTPS://client.example/oauth/Callback?tenant=1&kind=a",
  "//client.example/oauth/Callback?tenant=1&kind=a",
  "javascript:alert(1)",
  "http://127.0.0.1:80@evil.example/cb",
  "http://127.0.0.1/other",
  "https://127.0.0.1/cb",
  "http://user@127.0.0.1/cb",
  "http://[::1]/cb",
  "http://localhost/cb",
];

function client(portico: Portico): string {
  return portico.createClient({
    owner: portico.partner().slug,
    name: "Exact",
    redirectUris: [REGISTERED, LOOPBACK],
    scopes: ["read"],
  }).client_id;
}

test("no variant of an unregistered redirect URI is followed", { tag: "@plain" }, async ({ page, portico }) => {
  const clientId = client(portico);
  for (const uri of EVIL) {
    for (const rest of ["response_type=code&scope=read", "response_type=foo&scope=bogus", "response_type=code&scope=read&prompt=none"]) {
      const query = new URLSearchParams({ client_id: clientId, redirect_uri: uri, state: "s" });
      const answer = await page.request.get(`/oauth/authorize?${query}&${rest}`, { maxRedirects: 0 });
      expect(answer.status(), `${uri} with ${rest}`).toBe(400);
      expect(answer.headers()["location"], uri).toBeUndefined();
    }
  }
});

test("the page says what is wrong, and links nowhere outside", { tag: "@plain" }, async ({ page, portico }) => {
  const query = new URLSearchParams({ client_id: client(portico), redirect_uri: "https://evil.example/cb", response_type: "code", scope: "read" });
  const answer = await page.goto(`/oauth/authorize?${query}`);
  expect(answer?.status()).toBe(400);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  for (const link of await page.getByRole("link").all()) expect(await link.getAttribute("href")).not.toContain("evil.example");
});

test("an unknown client is a page too", { tag: "@plain" }, async ({ page }) => {
  for (const clientId of ["zzz", "", "ptcapp_00000000-0000-7000-8000-000000000000"]) {
    const query = new URLSearchParams({ client_id: clientId, redirect_uri: "https://evil.example/cb", response_type: "code" });
    const answer = await page.goto(`/oauth/authorize?${query}`);
    expect(answer?.status(), clientId).toBe(400);
    expect(page.url()).toContain("/oauth/authorize");
    expect(await page.content()).not.toContain('href="https://evil.example');
  }
});

test("what is registered is asked, on any port of the loopback address", { tag: "@plain" }, async ({ page, portico }) => {
  const clientId = client(portico);
  for (const uri of [REGISTERED, LOOPBACK, "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"]) {
    const query = new URLSearchParams({ client_id: clientId, redirect_uri: uri, response_type: "code", scope: "read", state: "s" });
    query.set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    query.set("code_challenge_method", "S256");
    const answer = await page.request.get(`/oauth/authorize?${query}`, { maxRedirects: 0 });
    expect(answer.status(), uri).toBe(303);
    expect(answer.headers()["location"], uri).toMatch(/^(http:\/\/127\.0\.0\.1:\d+)?\/(oauth\/consent|sign-in)/);
  }
});

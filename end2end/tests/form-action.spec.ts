/**
 * Requirement 106: Chromium holds `form-action` against the redirect that follows a submit as well. The pages that lead on to a client must let the
 * browser go wherever the client's redirect URI is, and wherever that sends it.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test, Visitor } from "../fixtures/test.ts";
import type { Portico } from "../fixtures/portico.ts";
import type { Page } from "@playwright/test";

async function listen(answer: (server: Server) => void, host = "127.0.0.1"): Promise<Server> {
  const server = createServer();
  answer(server);
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
  return server;
}

const port = (server: Server): number => (server.address() as AddressInfo).port;

/** What the browser refuses on this page from now on. */
function refusals(page: Page): string[] {
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(message.text());
  });
  return refused;
}

/** The request of a new client with this redirect URI. */
function request(portico: Portico, redirectUri: string, sent = redirectUri, organization?: string): string {
  const { client_id } = portico.createClient({ owner: portico.partner().slug, name: "Elsewhere", redirectUris: [redirectUri], scopes: ["read"] });
  const query = new URLSearchParams({
    client_id,
    redirect_uri: sent,
    response_type: "code",
    scope: "read",
    state: "s",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
    ...(organization && { organization }),
  });
  return `/oauth/authorize?${query}`;
}

/** An admin says yes to the request; what the browser refused is in the result. */
async function allow(page: Page, portico: Portico, url: string): Promise<string[]> {
  const refused = refusals(page);
  const { person, organization } = portico.outsider(["owner", "admin"]);
  const visitor = new Visitor(page, portico);
  await page.goto(url);
  await visitor.fillSignIn(person);
  await visitor.pick(organization);
  await page.getByRole("button", { name: "Allow" }).click({ noWaitAfter: true });
  return refused;
}

test("req_106 a callback that redirects to another origin is reached, and so is that origin", { tag: "@plain" }, async ({ page, portico }) => {
  const landing = await listen((server) => server.on("request", (_, response) => response.end("<h1>Landed</h1>")));
  const callback = await listen((server) =>
    server.on("request", (_, response) => response.writeHead(302, { location: `http://localhost:${port(landing)}/` }).end()),
  );
  const refused = await allow(page, portico, request(portico, "http://127.0.0.1/cb", `http://127.0.0.1:${port(callback)}/cb`));
  await expect(page.getByRole("heading", { name: "Landed" })).toBeVisible();
  expect(refused).toEqual([]);
  landing.close();
  callback.close();
});

test("req_106 a sign-in goes straight on to the client where the person has allowed it before", { tag: "@plain" }, async ({ page, visitor, portico }) => {
  const callback = await listen((server) => server.on("request", (_, response) => response.end("<h1>Back</h1>")));
  const { person, organization } = portico.outsider(["owner", "admin"]);
  const url = request(portico, "http://127.0.0.1/cb", `http://127.0.0.1:${port(callback)}/cb`, organization.id);
  const back = page.getByRole("heading", { name: "Back" });
  const refused = await allow(page, portico, url);
  await expect(back).toBeVisible();

  await page.context().clearCookies();
  await page.goto(url);
  await expect(back).toHaveCount(0);
  await visitor.fillSignIn(person);
  await expect(back).toBeVisible();
  expect(new URL(page.url()).searchParams.get("code")).toBeTruthy();
  expect(refused).toEqual([]);
  callback.close();
});

test("req_106 who confirms a sign-out gets to where the client wants him afterwards", { tag: "@plain" }, async ({ page, visitor, portico, party }) => {
  const goodbye = `${party.url}/goodbye`;
  const { client_id } = portico.createClient({
    owner: portico.partner().slug,
    name: "Farewell",
    redirectUris: [party.callback],
    scopes: ["read"],
    more: ["--post-logout-redirect-uri", goodbye],
  });
  const refused = refusals(page);
  await visitor.signIn(portico.outsider(["owner", "admin"]).person);
  await page.goto(`/oauth/logout?${new URLSearchParams({ client_id, post_logout_redirect_uri: goodbye, state: "s" })}`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Goodbye");
  expect(page.url()).toBe(`${goodbye}?state=s`);
  expect(refused).toEqual([]);
});

test("req_025 the fragment of an authorization request does not reach the callback", { tag: "@plain" }, async ({ page, portico }) => {
  const callback = await listen((server) => server.on("request", (_, response) => response.end("<h1>Back</h1>")));
  await allow(page, portico, `${request(portico, "http://127.0.0.1/cb", `http://127.0.0.1:${port(callback)}/cb`)}#access_token=evil`);
  await expect(page.getByRole("heading", { name: "Back" })).toBeVisible();
  expect(new URL(page.url()).searchParams.get("code")).toBeTruthy();
  expect(new URL(page.url()).hash).toBe("");
  callback.close();
});

test("req_106 a callback at [::1] is asked for", { tag: "@plain" }, async ({ page, portico }) => {
  const asked = page.waitForRequest(/^http:\/\/\[::1\]:58999\/cb\?/);
  const refused = await allow(page, portico, request(portico, "http://[::1]/cb", "http://[::1]:58999/cb"));
  const url = new URL((await asked).url());
  expect(url.searchParams.get("code")).toMatch(/^ptcoc_/);
  expect(url.searchParams.get("state")).toBe("s");
  expect(refused).toEqual([]);
});

test("req_106 a private-use scheme is handed on", { tag: "@plain" }, async ({ page, portico }) => {
  const answered = page.waitForResponse((response) => response.request().method() === "POST" && /^com\.example\.app:/.test(response.headers()["location"] ?? ""));
  const refused = await allow(page, portico, request(portico, "com.example.app:/cb"));
  expect((await answered).status()).toBe(303);
  expect(refused).toEqual([]);
});

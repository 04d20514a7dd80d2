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

/** An admin says yes to a new client with this redirect URI; what the browser refused is in the result. */
async function allow(page: Page, portico: Portico, redirectUri: string, sent = redirectUri, fragment = ""): Promise<string[]> {
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(message.text());
  });
  const { client_id } = portico.createClient({ owner: portico.partner().slug, name: "Elsewhere", redirectUris: [redirectUri], scopes: ["read"] });
  const { person, organization } = portico.outsider(["owner", "admin"]);
  const query = new URLSearchParams({
    client_id,
    redirect_uri: sent,
    response_type: "code",
    scope: "read",
    state: "s",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  });
  const visitor = new Visitor(page, portico);
  await page.goto(`/oauth/authorize?${query}${fragment}`);
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
  const refused = await allow(page, portico, "http://127.0.0.1/cb", `http://127.0.0.1:${port(callback)}/cb`);
  await expect(page.getByRole("heading", { name: "Landed" })).toBeVisible();
  expect(refused).toEqual([]);
  landing.close();
  callback.close();
});

test("req_025 the fragment of an authorization request does not reach the callback", { tag: "@plain" }, async ({ page, portico }) => {
  const callback = await listen((server) => server.on("request", (_, response) => response.end("<h1>Back</h1>")));
  await allow(page, portico, "http://127.0.0.1/cb", `http://127.0.0.1:${port(callback)}/cb`, "#access_token=evil");
  await expect(page.getByRole("heading", { name: "Back" })).toBeVisible();
  expect(new URL(page.url()).searchParams.get("code")).toBeTruthy();
  expect(new URL(page.url()).hash).toBe("");
  callback.close();
});

test("a callback at [::1] is asked for", { tag: "@plain" }, async ({ page, portico }) => {
  const asked = page.waitForRequest(/^http:\/\/\[::1\]:58999\/cb\?/);
  const refused = await allow(page, portico, "http://[::1]/cb", "http://[::1]:58999/cb");
  const url = new URL((await asked).url());
  expect(url.searchParams.get("code")).toMatch(/^ptcoc_/);
  expect(url.searchParams.get("state")).toBe("s");
  expect(refused).toEqual([]);
});

test("a private-use scheme is handed on", { tag: "@plain" }, async ({ page, portico }) => {
  const answered = page.waitForResponse((response) => response.request().method() === "POST" && /^com\.example\.app:/.test(response.headers()["location"] ?? ""));
  const refused = await allow(page, portico, "com.example.app:/cb");
  expect((await answered).status()).toBe(303);
  expect(refused).toEqual([]);
});

/** An unmodified client library that knows the discovery URL and its registration, and nothing else: login, refresh, userinfo, revocation, logout. */
import * as oidc from "openid-client";
import { expect, test } from "../fixtures/test.ts";

test("login, refresh, userinfo, revocation and logout by the discovery URL alone", { tag: "@plain" }, async ({ page, visitor, portico, party }) => {
  const goodbye = `${party.url}/goodbye`;
  const registered = portico.createClient({
    owner: portico.partner().slug,
    name: "By discovery alone",
    redirectUris: [party.callback],
    scopes: ["openid", "profile", "email"],
    actor: "self",
    // What this library sends unless it is told otherwise.
    more: ["--auth-method", "client_secret_post", "--post-logout-redirect-uri", goodbye],
  });
  const configuration = await oidc.discovery(new URL(portico.url), registered.client_id, registered.client_secret ?? undefined, undefined, {
    execute: [oidc.allowInsecureRequests],
  });
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: party.callback,
    scope: "openid profile email",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  const { person, organization } = portico.outsider(["owner", "admin"]);
  await page.goto(url.href);
  await visitor.fillSignIn(person);
  await visitor.pick(organization);
  await page.getByRole("button", { name: "Allow" }).click();
  await expect.poll(() => party.callbacks.at(-1)?.searchParams.get("state")).toBe(state);
  const callback = party.callbacks.at(-1) ?? new URL(party.callback);

  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(configuration, callback, checks);
  const subject = tokens.claims()?.sub ?? "";
  const refreshed = await oidc.refreshTokenGrant(configuration, tokens.refresh_token ?? "");
  portico.remember(tokens.access_token, tokens.refresh_token, tokens.id_token, refreshed.access_token, refreshed.refresh_token);
  const me = await oidc.fetchUserInfo(configuration, refreshed.access_token, subject);
  expect(me).toMatchObject({ sub: subject, email: person.email });

  await oidc.tokenRevocation(configuration, refreshed.access_token);
  await expect(oidc.fetchUserInfo(configuration, refreshed.access_token, subject)).rejects.toThrow();

  const farewell = { id_token_hint: tokens.id_token ?? "", post_logout_redirect_uri: goodbye, state: "until next time" };
  await page.goto(oidc.buildEndSessionUrl(configuration, farewell).href);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Goodbye");
  expect(new URL(page.url()).searchParams.getAll("state")).toEqual(["until next time"]);
  await page.goto(`${portico.url}/account`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
});

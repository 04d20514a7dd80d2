/** The strict reading of every response: oauth4webapi rejects what the specifications do not allow, however well other clients would get along with it. */
import * as oauth from "oauth4webapi";
import { discover, insecure, login } from "../fixtures/strict.ts";
import { expect, test } from "../fixtures/test.ts";

for (const algorithm of ["RS256", "ES256", "EdDSA"]) {
  test(`login, userinfo, refresh, introspection and revocation with ID tokens by ${algorithm}`, async ({ portico, party, visitor }) => {
    // WebCrypto names the algorithm of RFC 8037 by its curve (RFC 9864).
    const flow = await login({ portico, party, visitor }, { algorithm });
    const { as, client, authentication, tokens } = flow;
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    const subject = claims?.sub ?? "";
    expect(claims?.auth_time).toEqual(expect.any(Number));

    const userinfo = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
    const me = await oauth.processUserInfoResponse(as, client, subject, userinfo);
    expect(me).toMatchObject({ name: expect.any(String), email: expect.any(String), email_verified: false, plan: expect.any(String) });

    const again = await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token ?? "", insecure);
    const refreshed = await oauth.processRefreshTokenResponse(as, client, again);
    portico.remember(refreshed.access_token, refreshed.refresh_token);
    expect(refreshed.access_token).not.toBe(tokens.access_token);

    const asked = await oauth.introspectionRequest(as, client, authentication, refreshed.access_token, insecure);
    const seen = await oauth.processIntrospectionResponse(as, client, asked);
    expect(seen).toMatchObject({ active: true, client_id: client.client_id, sub: subject });

    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, refreshed.refresh_token ?? "", insecure));
    const dead = await oauth.introspectionRequest(as, client, authentication, refreshed.access_token, insecure);
    expect(await oauth.processIntrospectionResponse(as, client, dead)).toEqual({ active: false });
  });
}

test("a login by form_post and a secret in the body", { tag: "@plain" }, async ({ portico, party, visitor }) => {
  const { tokens } = await login({ portico, party, visitor }, { method: "client_secret_post" }, { response_mode: "form_post" });
  expect(oauth.getValidatedIdTokenClaims(tokens)?.sub).toBeTruthy();
});

test("a public client: login, userinfo, refresh and revocation by its id alone", { tag: "@plain" }, async ({ portico, party, visitor }) => {
  const { as, client, authentication, tokens } = await login({ portico, party, visitor }, { method: "none" });
  const subject = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? "";
  const userinfo = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
  expect((await oauth.processUserInfoResponse(as, client, subject, userinfo)).sub).toBe(subject);

  const again = await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token ?? "", insecure);
  const refreshed = await oauth.processRefreshTokenResponse(as, client, again);
  portico.remember(refreshed.access_token, refreshed.refresh_token);
  expect(refreshed.refresh_token).toBeTruthy();
  expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
  const whoami = new URL(`${portico.url}/api/v1/whoami`);
  const call = () => oauth.protectedResourceRequest(refreshed.access_token, "GET", whoami, undefined, undefined, insecure);
  expect((await call()).status).toBe(200);

  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, refreshed.refresh_token ?? "", insecure));
  await expect(call()).rejects.toMatchObject({ code: oauth.WWW_AUTHENTICATE_CHALLENGE, status: 401 });
  const late = await oauth.refreshTokenGrantRequest(as, client, authentication, refreshed.refresh_token ?? "", insecure);
  await expect(oauth.processRefreshTokenResponse(as, client, late)).rejects.toMatchObject({ code: oauth.RESPONSE_BODY_ERROR, error: "invalid_grant" });
});

test("an app's own login brings no ID token, and its credentials an opaque token that ends when it is revoked", async ({ portico, party, visitor }) => {
  const grants = ["--grant", "authorization_code", "--grant", "client_credentials"];
  const flow = await login({ portico, party, visitor }, { scopes: ["read"], actor: "app", more: grants });
  const { as, client, authentication, organization } = flow;
  expect(flow.tokens.id_token).toBeUndefined();

  const answer = await oauth.clientCredentialsGrantRequest(as, client, authentication, { organization: organization.id }, insecure);
  const tokens = await oauth.processClientCredentialsResponse(as, client, answer);
  portico.remember(tokens.access_token);
  expect(tokens).toMatchObject({ token_type: "bearer", expires_in: expect.any(Number), scope: "read" });
  expect(tokens.refresh_token).toBeUndefined();

  const introspect = async () => {
    const asked = await oauth.introspectionRequest(as, client, authentication, tokens.access_token, insecure);
    return oauth.processIntrospectionResponse(as, client, asked);
  };
  expect(await introspect()).toMatchObject({ active: true, sub: client.client_id, token_type: "Bearer", iss: as.issuer });
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, tokens.access_token, insecure));
  expect(await introspect()).toEqual({ active: false });
});

test("client_credentials, and the JWT access token at the resource", async ({ portico }) => {
  const as = await discover(portico.url, "oauth2");
  const app = portico.demo.apps.find((app) => app.token_policy === "apiera");
  if (!app?.client_secret) throw new Error("the demo data has no app with the policy apiera");
  const client = { client_id: app.client_id };
  const issued = portico.demo.organizations.map(async ({ id }) => {
    const parameters = new URLSearchParams({ organization: id });
    return oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretPost(app.client_secret ?? ""), parameters, insecure);
  });
  const answer = (await Promise.all(issued)).find((answer) => answer.ok);
  if (!answer) throw new Error("the app is installed nowhere");
  const tokens = await oauth.processClientCredentialsResponse(as, client, answer);
  portico.remember(tokens.access_token, tokens.access_token.split(".")[2]);

  const api = `${portico.url}/api/v1`;
  const request = new Request(`${api}/whoami`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  const claims = await oauth.validateJwtAccessToken(as, request, api, insecure);
  expect(claims).toMatchObject({ client_id: app.client_id, sub: app.client_id, org_id: expect.stringMatching(/^org_/) });
  expect((await oauth.protectedResourceRequest(tokens.access_token, "GET", new URL(request.url), undefined, undefined, insecure)).status).toBe(200);
});

test("the JWT access token of a person names whom the ID token names", async ({ portico, party, visitor }) => {
  const { as, client, tokens } = await login({ portico, party, visitor }, { more: ["--token-policy", "apiera"] });
  portico.remember(tokens.access_token.split(".")[2]);
  expect(tokens.refresh_token).toBeUndefined();
  const api = `${portico.url}/api/v1`;
  const request = new Request(`${api}/whoami`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  const claims = await oauth.validateJwtAccessToken(as, request, api, insecure);
  expect(claims).toMatchObject({ client_id: client.client_id, sub: oauth.getValidatedIdTokenClaims(tokens)?.sub });
});

test("the resource says who issues its tokens (RFC 9728)", async ({ portico }) => {
  const resource = new URL(`${portico.url}/api/v1`);
  const metadata = await oauth.processResourceDiscoveryResponse(resource, await oauth.resourceDiscoveryRequest(resource, insecure));
  expect(metadata.authorization_servers).toEqual([portico.url]);
});

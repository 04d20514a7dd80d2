/** The strict reading of every response: oauth4webapi rejects what the specifications do not allow, however well other clients would get along with it. */
import * as oauth from "oauth4webapi";
import { expect, test, type Visitor } from "../fixtures/test.ts";
import type { Portico } from "../fixtures/portico.ts";
import type { RelyingParty } from "../relying-party/relying-party.ts";

const insecure = { [oauth.allowInsecureRequests]: true };

async function discover(issuer: string, algorithm: "oidc" | "oauth2"): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm, ...insecure }));
}

interface Flow {
  as: oauth.AuthorizationServer;
  client: oauth.Client;
  authentication: oauth.ClientAuth;
  tokens: oauth.TokenEndpointResponse;
  nonce: string;
}

/** Takes a person through the code flow; the response mode and the algorithm of ID tokens are the test's. */
async function login(
  { portico, party, visitor }: { portico: Portico; party: RelyingParty; visitor: Visitor },
  { algorithm = "RS256", responseMode, method = "client_secret_basic" }: { algorithm?: string; responseMode?: string; method?: "client_secret_basic" | "client_secret_post" } = {},
): Promise<Flow> {
  const as = await discover(portico.url, "oidc");
  const registered = portico.createClient({
    owner: portico.partner().slug,
    name: `Strict reader ${algorithm} ${responseMode ?? ""}`,
    redirectUris: [party.callback],
    scopes: ["openid", "profile", "email", "plan", "read"],
    actor: "self",
    more: ["--auth-method", method, "--id-token-alg", algorithm],
  });
  const client: oauth.Client = { client_id: registered.client_id, id_token_signed_response_alg: algorithm };
  const secret = registered.client_secret ?? "";
  const authentication = method === "client_secret_basic" ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret);
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  const url = new URL(as.authorization_endpoint ?? "");
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: party.callback,
    response_type: "code",
    scope: "openid profile email plan read",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    max_age: "3600",
    ...(responseMode === undefined ? {} : { response_mode: responseMode }),
  }).toString();

  const { person, organization } = portico.outsider(["owner", "admin"]);
  const before = party.callbacks.length;
  await visitor.page.goto(url.href);
  await visitor.fillSignIn(person);
  await visitor.pick(organization);
  await visitor.page.getByRole("button", { name: "Allow" }).click();
  if (responseMode === "form_post" && test.info().project.use.javaScriptEnabled === false) {
    await visitor.page.getByRole("button", { name: "Continue" }).click();
  }
  await expect.poll(() => party.callbacks.length).toBeGreaterThan(before);
  const callback = party.callbacks.at(-1);
  if (callback === undefined) throw new Error("nothing came back");

  const parameters = oauth.validateAuthResponse(as, client, callback, state);
  const answer = await oauth.authorizationCodeGrantRequest(as, client, authentication, parameters, party.callback, verifier, insecure);
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, maxAge: 3600, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(as, answer, insecure);
  portico.remember(tokens.access_token, tokens.refresh_token, tokens.id_token);
  return { as, client, authentication, tokens, nonce };
}

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
  const { tokens } = await login({ portico, party, visitor }, { responseMode: "form_post", method: "client_secret_post" });
  expect(oauth.getValidatedIdTokenClaims(tokens)?.sub).toBeTruthy();
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

test("the resource says who issues its tokens (RFC 9728), and a 401 says where that stands", async ({ portico }) => {
  const resource = new URL(`${portico.url}/api/v1`);
  const metadata = await oauth.processResourceDiscoveryResponse(resource, await oauth.resourceDiscoveryRequest(resource, insecure));
  expect(metadata.authorization_servers).toEqual([portico.url]);
  const refused = await fetch(`${resource.href}/whoami`);
  expect(refused.headers.get("www-authenticate")).toContain(`resource_metadata="${portico.url}/.well-known/oauth-protected-resource/api/v1"`);
});

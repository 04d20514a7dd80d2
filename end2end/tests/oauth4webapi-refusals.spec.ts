/** The strict reading of every refusal: what oauth4webapi makes of an error in a body, in a challenge, and at the redirect URI. */
import * as oauth from "oauth4webapi";
import { ask, callback, decide, discover, insecure, login, reader, type Reader } from "../fixtures/strict.ts";
import { expect, test } from "../fixtures/test.ts";
import type { Portico } from "../fixtures/portico.ts";

/** RFC 6749 section 5.2: the library found no challenge, and an error in the body. */
const body = (status: number, error: string) => ({ code: oauth.RESPONSE_BODY_ERROR, status, error, error_description: expect.any(String) });

/** RFC 9110 section 11.6.1: one challenge, with these parameters and no other. */
async function challenge(refused: Promise<unknown>, status: number, scheme: string, parameters: Record<string, unknown>): Promise<Response> {
  const error = await refused.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error ?? new Error("nothing was refused");
  expect(error.status).toBe(status);
  expect(error.cause).toEqual([{ scheme, parameters: { realm: "portico", ...parameters } }]);
  return error.response;
}

/** RFC 6749 section 4.1.2.1: what an authorization response says, whose `iss` (RFC 9207) and `state` the library has compared first. */
function refusal({ as, client }: Reader, answer: URL, state: string): string {
  expect(as.authorization_response_iss_parameter_supported).toBe(true);
  expect(answer.searchParams.getAll("iss")).toEqual([as.issuer]);
  expect(answer.searchParams.has("code")).toBe(false);
  try {
    oauth.validateAuthResponse(as, client, answer, state);
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) return error.error;
    throw error;
  }
  throw new Error(`${answer.href} is no refusal`);
}

const INVALID_TOKEN = { error: "invalid_token", error_description: expect.any(String) };
const INSUFFICIENT = { error: "insufficient_scope", error_description: expect.any(String) };

/** Where a challenge of the resource API leads (RFC 9728 section 5.1). */
const metadata = (portico: Portico) => ({ resource_metadata: `${portico.url}/.well-known/oauth-protected-resource/api/v1` });

const call = (portico: Portico, path: string, token: string, options = {}) =>
  oauth.protectedResourceRequest(token, "GET", new URL(`${portico.url}/api/v1/${path}`), undefined, undefined, { ...insecure, ...options });

test("the token endpoint says what is wrong with a grant", async ({ portico, party, visitor }) => {
  const flow = await login({ portico, party, visitor });
  const { as, client, authentication, parameters, tokens, verifier, state } = flow;
  const code = async (sent: URLSearchParams) => {
    const response = await oauth.authorizationCodeGrantRequest(as, client, authentication, sent, party.callback, verifier, insecure);
    return oauth.processAuthorizationCodeResponse(as, client, response);
  };
  const refresh = async (token: string, more: Record<string, string> = {}) => {
    const response = await oauth.refreshTokenGrantRequest(as, client, authentication, token, { additionalParameters: more, ...insecure });
    return oauth.processRefreshTokenResponse(as, client, response);
  };
  const generic = async (grant: string, more: Record<string, string> = {}) => {
    const response = await oauth.genericTokenEndpointRequest(as, client, authentication, grant, more, insecure);
    return oauth.processGenericTokenEndpointResponse(as, client, response);
  };
  const live = tokens.refresh_token ?? "";

  const unknown = oauth.validateAuthResponse(as, client, new URLSearchParams({ code: "ptcoc_unknown", state, iss: as.issuer }), state);
  await expect(code(unknown)).rejects.toMatchObject(body(400, "invalid_grant"));
  await expect(refresh("ptcor_unknown")).rejects.toMatchObject(body(400, "invalid_grant"));
  await expect(refresh(live, { scope: "read admin" })).rejects.toMatchObject(body(400, "invalid_scope"));
  await expect(refresh(live, { resource: "https://elsewhere.example/" })).rejects.toMatchObject(body(400, "invalid_target"));
  await expect(generic("password")).rejects.toMatchObject(body(400, "unsupported_grant_type"));
  await expect(generic("client_credentials")).rejects.toMatchObject(body(400, "unauthorized_client"));
  await expect(generic("authorization_code")).rejects.toMatchObject(body(400, "invalid_request"));

  // A used code is replayed: what came of it ends.
  await expect(code(parameters)).rejects.toMatchObject(body(400, "invalid_grant"));
  const asked = await oauth.introspectionRequest(as, client, authentication, tokens.access_token, insecure);
  expect(await oauth.processIntrospectionResponse(as, client, asked)).toEqual({ active: false });
  await expect(refresh(live)).rejects.toMatchObject(body(400, "invalid_grant"));
});

test("a code with another verifier than its own is invalid_grant, for a public client too", async ({ portico, party, visitor }) => {
  const read = await reader({ portico, party }, { method: "none" });
  const { as, client, authentication } = read;
  const asked = await ask(read, party);
  const { answer } = await decide({ portico, party, visitor }, asked, "Allow");
  const parameters = oauth.validateAuthResponse(as, client, answer, asked.state);
  const other = oauth.generateRandomCodeVerifier();
  const response = await oauth.authorizationCodeGrantRequest(as, client, authentication, parameters, party.callback, other, insecure);
  await expect(oauth.processAuthorizationCodeResponse(as, client, response)).rejects.toMatchObject(body(400, "invalid_grant"));
});

test("credentials of an app are refused by name: organization, scope and audience", async ({ portico, party, visitor }) => {
  const grants = ["--grant", "authorization_code", "--grant", "client_credentials"];
  const flow = await login({ portico, party, visitor }, { scopes: ["read", "posts:read"], actor: "app", more: grants });
  const { as, client, authentication, organization } = flow;
  const issue = async (parameters: Record<string, string>) => {
    const answer = await oauth.clientCredentialsGrantRequest(as, client, authentication, parameters, insecure);
    return oauth.processClientCredentialsResponse(as, client, answer);
  };
  const here = { organization: organization.id };
  await expect(issue({})).rejects.toMatchObject(body(400, "invalid_request"));
  await expect(issue({ ...here, scope: "admin" })).rejects.toMatchObject(body(400, "invalid_scope"));
  await expect(issue({ ...here, audience: "https://elsewhere.example/" })).rejects.toMatchObject(body(400, "invalid_target"));

  const narrow = await issue({ ...here, scope: "posts:read" });
  portico.remember(narrow.access_token);
  await challenge(call(portico, "organization", narrow.access_token), 403, "bearer", { ...INSUFFICIENT, ...metadata(portico), scope: "read" });
  const userinfo = await oauth.userInfoRequest(as, client, narrow.access_token, insecure);
  await challenge(oauth.processUserInfoResponse(as, client, oauth.skipSubjectCheck, userinfo), 403, "bearer", { ...INSUFFICIENT, scope: "openid" });
});

test("a wrong secret is invalid_client: by Basic with a challenge, in the body without one", async ({ portico, party }) => {
  for (const method of ["client_secret_basic", "client_secret_post"] as const) {
    const { as, client } = await reader({ portico, party }, { method });
    const wrong = method === "client_secret_basic" ? oauth.ClientSecretBasic("wrong") : oauth.ClientSecretPost("wrong");
    const refresh = await oauth.refreshTokenGrantRequest(as, client, wrong, "ptcor_unknown", insecure);
    const introspection = await oauth.introspectionRequest(as, client, wrong, "ptcot_unknown", insecure);
    const revocation = await oauth.revocationRequest(as, client, wrong, "ptcot_unknown", insecure);
    for (const read of [
      () => oauth.processRefreshTokenResponse(as, client, refresh),
      () => oauth.processIntrospectionResponse(as, client, introspection),
      () => oauth.processRevocationResponse(revocation),
    ]) {
      if (method === "client_secret_post") {
        await expect(read()).rejects.toMatchObject(body(401, "invalid_client"));
        continue;
      }
      const response = await challenge(read(), 401, "basic", {});
      expect(await response.json()).toMatchObject({ error: "invalid_client", error_description: expect.any(String) });
    }
  }
});

test("who cannot prove who he is introspects nothing, and an unknown client is like a wrong secret", async ({ portico, party }) => {
  const { as, client, authentication } = await reader({ portico, party }, { method: "none" });
  const asked = await oauth.introspectionRequest(as, client, authentication, "ptcot_unknown", insecure);
  await expect(oauth.processIntrospectionResponse(as, client, asked)).rejects.toMatchObject(body(401, "invalid_client"));
  const nobody = { client_id: "ptcapp_AAAAAAAAAAAAAAAA" };
  const refresh = await oauth.refreshTokenGrantRequest(as, nobody, authentication, "ptcor_unknown", insecure);
  await expect(oauth.processRefreshTokenResponse(as, nobody, refresh)).rejects.toMatchObject(body(401, "invalid_client"));
  // RFC 7009 section 2.2: a token that nobody has ever seen is revoked already.
  expect(await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, "ptcot_unknown", insecure))).toBeUndefined();
});

for (const mode of ["query", "form_post"]) {
  test(`a person who cancels is access_denied by ${mode}`, { tag: "@plain" }, async ({ portico, party, visitor }) => {
    const read = await reader({ portico, party }, { method: mode === "query" ? "none" : "client_secret_basic" });
    const asked = await ask(read, party, { response_mode: mode });
    const { answer } = await decide({ portico, party, visitor }, asked, "Cancel");
    expect(refusal(read, answer, asked.state)).toBe("access_denied");
  });
}

test("prompt=none says what is missing: a sign-in, a choice, a consent", async ({ portico, party, visitor }) => {
  const read = await reader({ portico, party });
  const { person, organization } = portico.outsider(["owner", "admin"]);
  const silent = async (more: Record<string, string> = {}) => {
    const asked = await ask(read, party, { prompt: "none", ...more });
    return refusal(read, await callback(party, () => visitor.page.goto(asked.url.href)), asked.state);
  };
  expect(await silent()).toBe("login_required");
  await visitor.signIn(person);
  expect(person.memberships.length).toBeGreaterThan(1);
  expect(await silent()).toBe("interaction_required");
  expect(await silent({ organization: organization.id })).toBe("consent_required");
});

test("an authorization request that is wrong in one thing is told so at the redirect URI", async ({ portico, party, visitor }) => {
  const read = await reader({ portico, party });
  const requests: Record<string, Record<string, string>> = {
    unsupported_response_type: { response_type: "token" },
    invalid_scope: { scope: "openid admin" },
    invalid_target: { resource: "https://elsewhere.example/" },
    invalid_request: { code_challenge_method: "plain" },
    unauthorized_client: { actor: "app", scope: "read" },
    request_not_supported: { request: "e30.e30." },
    request_uri_not_supported: { request_uri: "https://elsewhere.example/request" },
  };
  for (const [error, wrong] of Object.entries(requests)) {
    const asked = await ask(read, party, wrong);
    const answer = await callback(party, () => visitor.page.goto(asked.url.href));
    expect(refusal(read, answer, asked.state)).toBe(error);
  }
});

test("a bad token is invalid_token at the resource and at userinfo; none at all is a bare challenge that leads to the metadata", async ({ portico }) => {
  const as = await discover(portico.url);
  const client = { client_id: "anybody" };
  const userinfo = async (token: string, options = {}) => {
    const response = await oauth.userInfoRequest(as, client, token, { ...insecure, ...options });
    return oauth.processUserInfoResponse(as, client, oauth.skipSubjectCheck, response);
  };
  for (const token of ["ptcot_unknown", "eyJhbGciOiJub25lIn0.e30."]) {
    const response = await challenge(call(portico, "whoami", token), 401, "bearer", { ...INVALID_TOKEN, ...metadata(portico) });
    expect(await response.json()).toMatchObject(INVALID_TOKEN);
    await challenge(userinfo(token), 401, "bearer", INVALID_TOKEN);
  }
  const bare = { [oauth.customFetch]: (url: string) => fetch(url) };
  await challenge(call(portico, "whoami", "none", bare), 401, "bearer", metadata(portico));
  await challenge(userinfo("none", bare), 401, "bearer", {});
  await oauth.processResourceDiscoveryResponse(new URL(`${portico.url}/api/v1`), await fetch(metadata(portico).resource_metadata));
});

test("a JWT is refused once it is revoked, and where its signature is altered", async ({ portico, party, visitor }) => {
  const { as, client, authentication, tokens } = await login({ portico, party, visitor }, { more: ["--token-policy", "apiera"] });
  const [header, claims, signature = ""] = tokens.access_token.split(".");
  portico.remember(signature);
  const altered = `${header}.${claims}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
  await challenge(call(portico, "whoami", altered), 401, "bearer", { ...INVALID_TOKEN, ...metadata(portico) });
  expect((await call(portico, "whoami", tokens.access_token)).status).toBe(200);

  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, tokens.access_token, insecure));
  await challenge(call(portico, "whoami", tokens.access_token), 401, "bearer", { ...INVALID_TOKEN, ...metadata(portico) });
  const asked = await oauth.introspectionRequest(as, client, authentication, tokens.access_token, insecure);
  expect(await oauth.processIntrospectionResponse(as, client, asked)).toEqual({ active: false });
});

/**
 * A relying party as a partner would write it: a web server of its own over openid-client, which follows Portico's metadata, sends people to the
 * authorization endpoint with PKCE and `state`, checks `iss` and `state` when they come back, exchanges the code, calls the API and refreshes.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as oauth from "openid-client";

interface Started {
  verifier: string;
  state: string;
}

export interface Registration {
  issuer: string;
  clientId: string;
  clientSecret: string | null;
  scope: string;
}

type Tokens = Awaited<ReturnType<typeof oauth.authorizationCodeGrant>>;

export class RelyingParty {
  /** What the last callback brought: the tokens, or the error that the provider sent. */
  tokens: Tokens | undefined;
  error: { error: string; description: string | undefined } | undefined;
  /** Every request that came to the callback, as it came. */
  readonly callbacks: URL[] = [];
  /** Is told of every code and token that came. */
  issued: (...secrets: (string | null | undefined)[]) => void = () => undefined;

  private configuration: oauth.Configuration | undefined;
  private scope = "";
  private readonly started = new Map<string, Started>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<RelyingParty> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const party = new RelyingParty(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on("request", (request, response) => {
      party.answer(request, response).catch((error: unknown) => page(response, 500, "Error", String(error)));
    });
    return party;
  }

  get callback(): string {
    return `${this.url}/callback`;
  }

  /** Uses a registration: reads the provider's metadata (RFC 8414) and forgets what came before. */
  async register(registration: Registration): Promise<void> {
    const authentication = registration.clientSecret === null ? oauth.None() : oauth.ClientSecretBasic(registration.clientSecret);
    this.configuration = await oauth.discovery(new URL(registration.issuer), registration.clientId, undefined, authentication, {
      algorithm: "oauth2",
      execute: [oauth.allowInsecureRequests],
    });
    this.scope = registration.scope;
    this.tokens = this.error = undefined;
    this.callbacks.length = 0;
    this.started.clear();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async refresh(): Promise<Tokens> {
    const refresh = this.tokens?.refresh_token;
    if (refresh === undefined) throw new Error("there is no refresh token");
    this.tokens = await oauth.refreshTokenGrant(this.ready(), refresh);
    this.issued(this.tokens.access_token, this.tokens.refresh_token);
    return this.tokens;
  }

  /** Calls the resource API with the current access token. */
  async call(path: string): Promise<Response> {
    const url = new URL(path, this.ready().serverMetadata().issuer);
    try {
      return await oauth.fetchProtectedResource(this.ready(), this.accessToken(), url, "GET");
    } catch (error) {
      if (error instanceof oauth.WWWAuthenticateChallengeError) return error.response;
      throw error;
    }
  }

  accessToken(): string {
    if (!this.tokens) throw new Error("there is no access token");
    return this.tokens.access_token;
  }

  private ready(): oauth.Configuration {
    if (!this.configuration) throw new Error("register() first");
    return this.configuration;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    switch (url.pathname) {
      case "/":
        return page(response, 200, "Relying party", `<a href="/connect">Connect to Portico</a>`);
      case "/goodbye":
        return page(response, 200, "Goodbye", "");
      case "/connect":
        return this.connect(url, response);
      case "/callback":
        return this.finish(url, request, response);
      default:
        return page(response, 404, "Not here", "");
    }
  }

  /** Sends the browser away; what has to be remembered is kept under a cookie. Extra parameters of the link travel along. */
  private async connect(url: URL, response: ServerResponse): Promise<void> {
    const session = randomUUID();
    const started = { verifier: oauth.randomPKCECodeVerifier(), state: oauth.randomState() };
    this.started.set(session, started);
    const target = oauth.buildAuthorizationUrl(this.ready(), {
      redirect_uri: this.callback,
      scope: this.scope,
      state: started.state,
      code_challenge: await oauth.calculatePKCECodeChallenge(started.verifier),
      code_challenge_method: "S256",
      ...Object.fromEntries(url.searchParams),
    });
    response.writeHead(302, { location: target.href, "set-cookie": `party=${session}; HttpOnly; SameSite=Lax; Path=/` }).end();
  }

  private async finish(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "POST") {
      // response_mode=form_post: the parameters come as a form.
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      url.search = Buffer.concat(chunks).toString("utf8");
    }
    this.callbacks.push(url);
    this.issued(url.searchParams.get("code"));
    const session = /(?:^|; )party=([^;]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
    const started = this.started.get(session);
    if (!started) return page(response, 400, "Unknown session", "");
    this.started.delete(session);
    try {
      this.tokens = await oauth.authorizationCodeGrant(this.ready(), url, {
        pkceCodeVerifier: started.verifier,
        expectedState: started.state,
      });
    } catch (error) {
      if (!(error instanceof oauth.AuthorizationResponseError)) throw error;
      this.error = { error: error.error, description: error.error_description };
      return page(response, 200, "Not connected", `<p>The provider answered <code>${escape(error.error)}</code>.</p>`);
    }
    this.issued(this.tokens.access_token, this.tokens.refresh_token);
    return page(response, 200, "Connected", `<p>Granted: <code>${escape(this.tokens.scope ?? "")}</code></p>`);
  }
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

function page(response: ServerResponse, status: number, title: string, body: string): void {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" });
  response.end(`<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${body}</html>`);
}

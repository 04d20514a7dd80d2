// Budgets of a running server: `node measure.mjs PORTICO`. A fresh demo database; prints the time to readiness and the memory at rest, and ends with 1
// when the consent page with its style sheet is too heavy or loads the hydration script.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const CONSENT_BUDGET = 30_000; // bytes of brotli: the page with its style sheet
const START_BUDGET = 300; // milliseconds, release build
const MEMORY_BUDGET = 80; // MB, release build

const [portico] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "portico-measure-"));
const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});
const url = `http://127.0.0.1:${port}`;
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  PORTICO_DATABASE_URL: `sqlite://${folder}/portico.db`,
  PORTICO_LISTEN: `127.0.0.1:${port}`,
  PORTICO_ISSUER: url,
};
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

async function untilReady() {
  for (const until = performance.now() + 20_000; performance.now() < until; ) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error("portico serve was not ready within 20 s");
}

/** A browser's cookies, as far as one origin needs them. */
class Visitor {
  #cookies = new Map();

  async open(path, init = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { accept: "text/html", cookie, origin: url, ...init.headers };
    const answer = await fetch(new URL(path, url), { ...init, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.#cookies.set(name, value);
    }
    const next = answer.headers.get("location");
    return next ? this.open(new URL(next, answer.url).href) : { url: answer.url, status: answer.status, html: await answer.text() };
  }

  post(path, fields) {
    return this.open(path, { method: "POST", body: new URLSearchParams(fields) });
  }
}

const hidden = (page, name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page.html)?.[1] ?? "";

/** The consent page as an admin meets it, once the organization is chosen. */
async function consentPage(demo) {
  const app = demo.apps.find((app) => app.type === "confidential" && app.redirect_uris.length > 0);
  const partners = demo.apps.map((app) => app.owner);
  const organization = demo.organizations.find((o) => ![o.id, o.slug, o.name].some((name) => partners.includes(name)));
  const names = [organization.id, organization.slug, organization.name];
  const admin = demo.users.find((user) => user.memberships.some((m) => names.includes(m.organization) && ["owner", "admin"].includes(m.role)));
  const query = new URLSearchParams({
    response_type: "code",
    client_id: app.client_id,
    redirect_uri: app.redirect_uris[0],
    scope: app.scopes.join(" "),
    state: "measure",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  });
  const visitor = new Visitor();
  const signIn = await visitor.open(`/oauth/authorize?${query}`);
  const picker = await visitor.post("/sign-in", { csrf: hidden(signIn, "csrf"), next: hidden(signIn, "next"), email: admin.email, password: admin.password });
  const page = await visitor.post(new URL(picker.url).pathname, { csrf: hidden(picker, "csrf"), organization: organization.id, choose: "1" });
  if (!page.html.includes('value="allow"')) throw new Error(`no consent page at ${page.url} (${page.status}): ${page.html.slice(0, 400)}`);
  return page;
}

let failed = false;
function budget(name, value, limit, text, enforced = true) {
  const over = value > limit;
  if (over && enforced) failed = true;
  console.log(`${name.padEnd(34)} ${text(value).padStart(9)}, ${over ? "OVER" : "within"} the budget of ${text(limit)}`);
}

const release = portico.includes("/release/");
const demo = JSON.parse(execFileSync(portico, ["demo", "--json"], { env, cwd: folder, encoding: "utf8" }));
const began = performance.now();
const server = spawn(portico, ["serve"], { env, cwd: folder, stdio: "ignore" });
try {
  await untilReady();
  const milliseconds = performance.now() - began;
  const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
  const megabytes = Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1000;
  budget("ready on an existing database", milliseconds, START_BUDGET, (n) => `${n.toFixed(0)} ms`, false);
  budget("resident at rest", megabytes, MEMORY_BUDGET, (n) => `${n.toFixed(0)} MB`, false);
  if (!release) console.log("(a debug build: the time and the memory of the release build are printed by make build)");

  const page = await consentPage(demo);
  const [style] = /href="(\/pkg\/[^"]+\.css)"/.exec(page.html)?.slice(1) ?? [];
  if (!style) throw new Error("the consent page has no style sheet");
  const css = Buffer.from(await (await fetch(url + style)).arrayBuffer());
  const weight = brotliCompressSync(Buffer.from(page.html)).length + brotliCompressSync(css).length;
  budget("consent page and CSS in brotli", weight, CONSENT_BUDGET, kilobytes);
  const hydrates = page.html.includes(".wasm") || page.html.includes("<script");
  console.log(`the consent page has ${hydrates ? "A SCRIPT, which it must not have" : "no script"}`);
  failed ||= hydrates;
} finally {
  server.kill("SIGTERM");
  await new Promise((resolve) => (server.exitCode === null ? server.once("exit", resolve) : resolve()));
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

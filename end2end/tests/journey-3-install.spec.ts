/** Journey 3: a real client sends an admin of another organization through sign-in, picker and consent, and lives until the admin ends it. */
import { expect, register, test } from "../fixtures/test.ts";

test("an admin connects a client, sees it used, revokes it, and its very next call gets 401", { tag: "@plain" }, async ({
  page,
  visitor,
  portico,
  party,
}) => {
  const client = await register(portico, party);
  const { person, organization } = portico.outsider(["owner", "admin"]);

  await page.goto(`${party.url}/connect`);
  await visitor.fillSignIn(person);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Where should ${client.name} work?`);
  await visitor.pick(organization);

  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${client.name} wants to work in ${organization.name}`);
  await expect(page.getByText(`Made by ${portico.partner().name}`)).toBeVisible();
  await expect(page.getByText(`You will be sent to ${party.url}`)).toBeVisible();
  await page.getByRole("button", { name: "Allow" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Connected");

  expect(party.tokens).toMatchObject({ token_type: "bearer", expires_in: 86_400, scope: expect.stringContaining("posts:read") });
  const first = await party.call("/api/v1/whoami");
  expect(first.status).toBe(200);
  expect(await first.text()).toContain(organization.id);

  const before = party.accessToken();
  await party.refresh();
  expect(party.accessToken()).not.toBe(before);
  expect((await party.call("/api/v1/whoami")).status).toBe(200);

  await visitor.switchTo(organization);
  await page.goto("/installs");
  const row = page.getByRole("row", { name: client.name });
  await expect(row).toContainText("Active");
  await expect(row).not.toContainText("Never used");
  await row.getByRole("link", { name: client.name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(client.name);

  await page.getByLabel("Reason").fill("We moved to another tool.");
  await page.locator("summary", { hasText: "Revoke…" }).click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await expect(page.getByText(/^This install ended on .* None of its tokens works any more\./)).toBeVisible();
  await expect(page.getByText("“We moved to another tool.”")).toBeVisible();
  const refused = await party.call("/api/v1/whoami");
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
  await expect(party.refresh()).rejects.toMatchObject({ error: "invalid_grant" });
});

test("a client that asks with a hint finds the organization chosen, and the person may choose another", { tag: "@plain" }, async ({ page, visitor, portico, party }) => {
  const client = await register(portico, party);
  const { person, organization } = portico.outsider(["owner", "admin"]);

  await page.goto(`${party.url}/connect?organization=${organization.slug}`);
  await visitor.fillSignIn(person);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${client.name} wants to work in ${organization.name}`);
  await page.getByRole("link", { name: "Choose another organization" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Where should ${client.name} work?`);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not connected");
  expect(party.error?.error).toBe("access_denied");
  expect(client.client_id).toBeTruthy();
});

test("a client in mode self acts as the person, and the person ends it", { tag: "@plain" }, async ({ page, visitor, portico, party }) => {
  const client = await register(portico, party, { actor: "self", scopes: ["read"] });
  const { person, organization } = portico.outsider(["owner", "admin"]);

  await page.goto(`${party.url}/connect`);
  await visitor.fillSignIn(person);
  await visitor.pick(organization);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${client.name} wants to act as you in ${organization.name}`);
  await page.getByRole("button", { name: "Allow" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Connected");
  const me = (await (await party.call("/api/v1/whoami")).json()) as { actor: string; user?: unknown };
  expect(me).toMatchObject({ actor: "self", user: expect.anything() });

  await page.goto("/my-apps");
  await expect(page.getByText(client.name)).toBeVisible();
});

test("a person without an organization makes one and comes back to the request", { tag: "@plain" }, async ({ page, visitor, portico, party }) => {
  const client = await register(portico, party);
  await visitor.signUp();

  await page.goto(`${party.url}/connect`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${client.name} needs an organization`);
  await page.getByRole("link", { name: "Create an organization" }).click();
  await page.getByLabel("Name").fill("Lighthouse Works");
  await page.getByRole("button", { name: "Create" }).click();

  const heading = page.getByRole("heading", { level: 1 });
  await expect(heading).toContainText(client.name);
  if ((await heading.textContent())?.startsWith("Where")) await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Allow" }).click();
  await expect(heading).toHaveText("Connected");
});

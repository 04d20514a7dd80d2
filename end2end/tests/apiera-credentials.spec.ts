/** The Apiera document from "Getting Your Credentials" on: what a partner's program has to know stands on the pages, and is enough for a token. */
import { expect, test } from "../fixtures/test.ts";

test("an app with its own credentials alone gets a token with what its pages show", async ({ page, visitor, portico }) => {
  await visitor.signUp();
  await visitor.createOrganization("Godwit Goods");
  await page.goto("/apps/new");
  await visitor.awake();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Stock Count");
  await page.locator('input[name="scopes[read][ticked]"]').check();
  await page.getByLabel("Purpose of read").fill("To count the stock.");
  await page.locator('input[name="fields[token_policy]"][value="apiera"]').check();
  await expect(page.getByText("Set below to go with it: How it sends its secret, How it gets its tokens, Who acts.")).toBeVisible();
  await page.getByRole("button", { name: "Register app" }).click();
  const client_secret = await visitor.shownOnce();
  const installed = await page.getByText("It is installed into your organization.").innerText();
  await visitor.acknowledge();

  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Stock Count");
  const fact = (name: string) => page.locator(`dt:text-is("${name}") + dd code`).innerText();
  const [client_id, organization] = [await fact("Client ID"), await fact("Organization ID")];
  expect(organization).toMatch(/^org_/);
  expect(installed).toContain(`by its ID: ${organization}`);

  const json = { "content-type": "application/json" };
  const request = { client_id, client_secret, audience: portico.demo.audiences[0], grant_type: "client_credentials", organization };
  const answer = await fetch(`${portico.url}/oauth/token`, { method: "POST", headers: json, body: JSON.stringify(request) });
  const token = (await answer.json()) as { access_token: string; token_type: string; expires_in: number };
  expect(token).toMatchObject({ access_token: expect.stringMatching(/^eyJ/), token_type: "Bearer", expires_in: 86_400 });
  portico.remember(token.access_token, token.access_token.split(".")[2]);

  const headers = { ...json, authorization: `Bearer ${token.access_token}` };
  const whoami = await fetch(`${portico.url}/api/v1/whoami`, { headers });
  expect(whoami.status).toBe(200);
  expect(await whoami.json()).toMatchObject({ actor: "app", organization: { id: organization, name: "Godwit Goods" }, scopes: ["read"] });
});

test("a policy sets what its platform's documents need, and leaves what the person chose", async ({ page, visitor }) => {
  await visitor.signUp();
  await visitor.createOrganization("Whimbrel Works");
  await page.goto("/apps/new");
  await visitor.awake();
  const policy = (name: string) => page.locator(`input[name="fields[token_policy]"][value="${name}"]`).check();
  const [place, pkce] = [page.getByRole("combobox", { name: "How it sends its secret" }), page.getByRole("checkbox", { name: /^Require PKCE/ })];
  const actor = (name: string) => page.locator(`input[name="fields[actor_modes]"][value="${name}"]`);

  await policy("fera");
  await expect(page.getByText("Fera’s documents send the secret in the body and no PKCE challenge; the app acts as itself.")).toBeVisible();
  await expect(place).toHaveValue("client_secret_post");
  await expect(pkce).not.toBeChecked();
  await expect(actor("app")).toBeChecked();
  await page.locator('input[name="client_type"][value="public"]').check();
  await expect(pkce, "there is nothing to choose").toBeHidden();
  await page.locator('input[name="client_type"][value="confidential"]').check();
  await policy("standard");
  await expect(place).toHaveValue("client_secret_basic");
  await expect(pkce).toBeChecked();
  await expect(actor("both")).toBeChecked();

  await place.selectOption("client_secret_post");
  await place.selectOption("client_secret_basic");
  await policy("financefeast");
  await expect(place).toHaveValue("client_secret_basic");
  await expect(actor("self")).toBeChecked();
  await expect(page.getByText("Left as you chose: How it sends its secret.")).toBeVisible();
});

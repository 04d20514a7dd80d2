/**
 * The Fera document's "Test Install": who manages a store skips the authorization steps there. A partner picks an organization that he administers as
 * well; who does not administer an organization is not offered it, and a form that names it all the same is refused (requirement 123).
 */
import { expect, test } from "../fixtures/test.ts";
import { person } from "../fixtures/tour.ts";

test("req_123 a partner installs into another organization of his in one click, and its token never ends", async ({ page, request, visitor }) => {
  await visitor.signUp();
  await visitor.createOrganization("Wren Reviews");
  await visitor.createOrganization("Avocet Apps");
  await visitor.registerApp("Star Stickers", "https://avocet.example/cb", ["read"], "fera");
  await visitor.acknowledge();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Star Stickers");

  await visitor.awake();
  const card = page.locator("#test-install");
  await expect(card.getByRole("radio", { name: /^Avocet Apps/ })).toBeChecked();
  await expect(card.getByText("Its token never ends by itself: it works until the install is revoked.")).toBeVisible();
  await card.getByRole("radio", { name: /^Wren Reviews/ }).check();
  await card.getByRole("button", { name: "Install and show the token" }).click();
  const token = await visitor.shownOnce();
  expect(token).toMatch(/^ptcot_/);
  await expect(card.getByText(/^It never ends by itself/)).toBeVisible();

  const ask = () => request.get("/api/v1/whoami", { headers: { authorization: `Bearer ${token}` } });
  const answer = await ask();
  expect(answer.status()).toBe(200);
  const whose = (await answer.json()) as { organization: { name: string }; expires_at?: string | null };
  expect(whose.organization.name).toBe("Wren Reviews");
  expect(whose.expires_at ?? null).toBeNull();

  await page.reload();
  expect(await page.content()).not.toContain(token);
  await visitor.switchTo(whose.organization);
  await page.goto("/installs");
  const row = page.getByRole("row", { name: "Star Stickers" });
  await row.getByRole("link", { name: "Star Stickers", exact: true }).click();
  await page.locator("summary", { hasText: "Revoke…" }).click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await expect(page.getByText(/None of its tokens works any more\./)).toBeVisible();
  expect((await ask()).status()).toBe(401);
});

test("req_123 who is no owner or admin of an organization is not offered it, and a form that names it is refused", async ({ page, visitor, portico }) => {
  const { person: partner, organization: own } = person(portico, "partner");
  const elsewhere = partner.memberships.find(({ role }) => role === "developer" || role === "member");
  if (!elsewhere) throw new Error("the demo's partner is nobody's developer or member");
  const theirs = portico.organization(elsewhere.organization);
  const [app] = portico.demo.apps;

  await visitor.signIn(partner);
  await visitor.switchTo(own);
  await page.goto(`/apps?q=${app?.client_id}`);
  await page.getByRole("link", { name: app?.name ?? "", exact: true }).first().click();
  await visitor.awake();
  const card = page.locator("#test-install");
  await expect(card.getByText(`It will be installed into ${own.name}.`)).toBeVisible();
  await expect(card).not.toContainText(theirs.name);

  await card.locator('input[name="organization"]').evaluate((field, id) => ((field as HTMLInputElement).value = id), theirs.id);
  await card.getByRole("button", { name: "Install and show the token" }).click();
  await expect(card.getByText(/^Only owners and admins install an app/)).toBeVisible();
  await expect(card.locator("code[data-once]")).toHaveCount(0);
});

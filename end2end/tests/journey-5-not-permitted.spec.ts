/** Journey 5: a member who may not install is told so and what to do; the client gets `access_denied`. */
import { expect, register, test } from "../fixtures/test.ts";

test("a member is told whom to ask, and the client learns access_denied", { tag: "@plain" }, async ({ page, visitor, portico, party }) => {
  const client = await register(portico, party, { actor: "app" });
  const { person, organization } = portico.outsider(["member"]);

  await page.goto(`${party.url}/connect`);
  await visitor.fillSignIn(person);
  await visitor.pick(organization);

  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`You cannot connect ${client.name} to ${organization.name}`);
  await expect(page.getByText(`only owners and admins of ${organization.name} install such an app`)).toBeVisible();
  await expect(page.getByRole("heading", { name: "Whom to ask" })).toBeVisible();
  await expect(page.getByText(`Ask an owner or admin of ${organization.name} to install it:`)).toBeVisible();
  expect(party.callbacks).toHaveLength(0);

  await page.getByRole("button", { name: "Return to app" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not connected");
  expect(party.error?.error).toBe("access_denied");
  expect(party.callbacks[0]?.searchParams.get("iss")).toBe(portico.url);
  expect(party.callbacks[0]?.searchParams.has("code")).toBe(false);
});

test("the picker says beforehand where a person may not install", { tag: "@plain" }, async ({ page, visitor, portico, party }) => {
  await register(portico, party, { actor: "app" });
  const person = portico.demo.users.find((user) => user.memberships.length > 1 && user.memberships.every((m) => ["member", "developer"].includes(m.role)));
  if (!person) throw new Error("the demo data has nobody who administers nothing in two organizations");

  await page.goto(`${party.url}/connect`);
  await visitor.fillSignIn(person);
  await expect(page.getByText("Only owners and admins install here")).toHaveCount(person.memberships.length);
  await expect(page.getByText("You may not connect it to any of them.")).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not connected");
  expect(party.error?.error).toBe("access_denied");
});

test("an admin is not told to ask himself, and finds the block where he can lift it", { tag: "@plain" }, async ({ page, visitor, portico, party }) => {
  const client = await register(portico, party, { actor: "app" });
  const { person, organization } = portico.outsider(["owner", "admin"]);
  await page.goto(`${party.url}/connect`);
  await visitor.fillSignIn(person);
  await visitor.pick(organization);
  await page.getByRole("button", { name: "Allow" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Connected");
  await visitor.switchTo(organization);
  await page.goto(`${portico.url}/installs`);
  await page.getByRole("link", { name: client.name, exact: true }).click();
  await page.locator("summary", { hasText: "Revoke and block…" }).click();
  await page.getByRole("button", { name: "Revoke and block", exact: true }).click();

  await page.goto(`${party.url}/connect`);
  await visitor.pick(organization);
  await expect(page.getByText(`${organization.name} has blocked this app.`)).toBeVisible();
  await expect(page.getByRole("heading", { name: "Whom to ask" })).toHaveCount(0);
  await page.getByRole("button", { name: `Installed apps of ${organization.name}` }).click();
  await page.getByRole("link", { name: client.name, exact: true }).click();
  await page.getByRole("button", { name: "Lift the block" }).click();
});

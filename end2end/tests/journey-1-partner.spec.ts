/** Journey 1: a partner signs up, makes an organization and an app, copies the secret once, reloads: it is gone, only the hint remains. */
import { expect, test } from "../fixtures/test.ts";

test("a partner gets from nothing to an app whose secret he saw once", async ({ page, context, visitor, portico }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: portico.url });
  await visitor.signUp();
  await visitor.createOrganization("Tern and Sons");
  await page.goto("/apps");
  await expect(page.getByText("No apps yet")).toBeVisible();
  await page.getByRole("link", { name: "Register your first app" }).click();
  await visitor.registerApp("Tide Clock", "https://tern.example/oauth/callback", ["read", "posts:read"]);

  const secret = await visitor.shownOnce();
  expect(secret).toMatch(/^ptcsec_\w{40,}$/);
  const copy = page.getByRole("button", { name: "Copy client secret" });
  await copy.click();
  await expect(copy).toBeFocused();
  await expect(page.getByRole("status").filter({ hasText: "Copied" })).toHaveCount(1);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download .env" }).click();
  expect((await download).suggestedFilename()).toMatch(/\.env$/);
  await visitor.acknowledge();

  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Tide Clock");
  await page.getByRole("link", { name: "Credentials" }).click();
  for (const look of ["first", "after a reload"]) {
    const row = page.getByRole("row", { name: /ptcsec_/ });
    await expect(row, look).toContainText("Active");
    await expect(row, look).toContainText(secret.slice(-4));
    expect(await page.content(), look).not.toContain(secret);
    await page.reload();
  }
  await page.goto("/apps/new");
  expect(await page.content()).not.toContain(secret);
});

test("a refused redirect URI is said in its row, and nothing that was typed is lost", async ({ page, visitor }) => {
  await visitor.signUp();
  await visitor.createOrganization("Plover Press");
  await page.goto("/apps/new");
  await visitor.awake();
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  await name.fill("Galley");
  await page.getByLabel("Redirect URI 1", { exact: true }).fill("https://plover.example/callback");
  await page.getByRole("button", { name: "Add another" }).click();
  await page.getByLabel("Redirect URI 2", { exact: true }).fill("http://plover.example/callback");
  await page.locator('input[name="scopes[read][ticked]"]').check();
  await page.getByLabel("Purpose of read").fill("To show the proofs.");
  await page.getByRole("button", { name: "Register app" }).click();

  await expect(page.getByText("http is possible only for 127.0.0.1")).toBeVisible();
  await expect(page.getByLabel("Redirect URI 2", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Redirect URI 1", { exact: true })).not.toHaveAttribute("aria-invalid", "true");
  await expect(name).toHaveValue("Galley");
  await page.getByLabel("Redirect URI 2", { exact: true }).fill("http://127.0.0.1/callback");
  await page.getByRole("button", { name: "Register app" }).click();
  await expect(page.getByText("Copy it now.")).toBeVisible();
});

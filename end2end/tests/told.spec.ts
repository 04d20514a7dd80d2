/** What somebody did is said on the page that comes next, and what is missing beside its field. */
import { expect, test } from "../fixtures/test.ts";

test("a public app is not asked for what it cannot choose, and its registration and end are said", async ({ page, visitor }) => {
  await visitor.signUp();
  await visitor.createOrganization("Turnstone Tools");
  await page.goto("/apps/new");
  await visitor.awake();
  const ofServers = [page.getByLabel("How it sends its secret"), page.getByText("Require PKCE"), page.getByText("With its own credentials", { exact: true })];
  for (const field of ofServers) await expect(field).toBeVisible();
  await page.locator('input[name="fields[grants]"][value="client_credentials"]').check();
  await page.getByRole("checkbox", { name: "Require PKCE" }).uncheck();
  await page.getByRole("radio", { name: "On a device or in a browser" }).check();
  for (const field of ofServers) await expect(field).toBeHidden();

  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Pebble");
  await page.getByLabel("Redirect URI 1", { exact: true }).fill("com.example.pebble:/callback");
  await page.locator('input[name="scopes[read][ticked]"]').check();
  await page.getByLabel("Purpose of read").fill("To show the stock.");
  await page.getByRole("button", { name: "Register app" }).click();
  await expect(page.getByText("The app is registered. It is public, so it has no secret.")).toBeVisible();
  await expect(page.getByText("People who allow it", { exact: true })).toBeVisible();
  await expect(page.getByText("Required", { exact: true })).toBeVisible();

  await page.getByRole("link", { name: "Settings" }).click();
  await visitor.awake();
  await page.getByLabel("Type “Pebble” to confirm").fill("Pebble");
  await page.getByRole("button", { name: "Delete this app" }).click();
  await expect(page.getByText("Pebble is deleted.")).toBeVisible();
});

test("whoever does not approve is asked for the reason beside its field", { tag: "@plain" }, async ({ page, visitor, portico }) => {
  await visitor.signIn(portico.staff("operator"));
  await expect(page.getByRole("link", { name: "Open Support" })).toBeVisible();
  await page.goto("/support/reviews");
  await page.getByRole("link", { name: "Invoice Owl" }).click();
  const feedback = page.getByLabel("Feedback");
  await page.getByRole("button", { name: "Reject" }).click();
  await expect(feedback, "the browser asks for it").toBeFocused();
  await feedback.fill("   ");
  await page.getByRole("button", { name: "Ask for changes" }).click();
  await expect(feedback).toHaveAccessibleDescription(/Write what has to change/);
  await expect(feedback).toHaveAttribute("aria-invalid", "true");
  await page.getByRole("link", { name: /^Write what has to change/ }).click();
  await expect(feedback, "the summary leads to it").toBeFocused();
});

/** Nothing is lost by one stray click (PRODUCT A7, section 5.1), and the focus stays where the person left it. */
import type { Page } from "@playwright/test";
import { expect, test, Visitor } from "../fixtures/test.ts";

/** Notes each question of the browser whether to leave, and stays. */
function staying(page: Page): string[] {
  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  return asked;
}

test("a secret that is shown once is not left without a question", async ({ page, visitor }) => {
  const asked = staying(page);
  await visitor.signUp();
  await visitor.createOrganization("Dunlin Docks");
  await visitor.registerApp("Bollard", "https://dunlin.example/cb", ["read"]);
  const secret = await visitor.shownOnce();
  expect(asked, "what was registered is saved").toEqual([]);

  await page.getByRole("link", { name: "Installed apps" }).click({ noWaitAfter: true });
  await expect.poll(() => asked).toEqual(["beforeunload"]);
  await expect(page.locator("code[data-once]")).toHaveText(secret);
  await visitor.acknowledge();
  await expect(page).toHaveURL(/overview$/);
  expect(asked).toHaveLength(1);
});

test("unsaved addresses are not left without a question, and saved ones are", async ({ page, visitor }) => {
  const asked = staying(page);
  await visitor.signUp();
  await visitor.createOrganization("Knot and Sons");
  await visitor.registerApp("Capstan", "https://knot.example/cb", ["read"]);
  await visitor.shownOnce();
  await visitor.acknowledge();
  await page.getByRole("link", { name: "Redirect URIs" }).click();
  await visitor.awake();

  const said = page.getByRole("status");
  await page.getByRole("button", { name: "Add another" }).click();
  await expect(page.getByLabel("Redirect URI 2", { exact: true })).toBeFocused();
  await expect(said.filter({ hasText: "Redirect URI 2 added." })).toHaveCount(1);
  await page.keyboard.type("https://knot.example/second");
  await page.getByRole("link", { name: "Scopes" }).click({ noWaitAfter: true });
  await expect.poll(() => asked).toEqual(["beforeunload"]);

  await page.getByRole("button", { name: "Remove Redirect URI 1" }).click();
  await expect(page.getByLabel("Redirect URI 1", { exact: true })).toBeFocused();
  await expect(page.getByLabel("Redirect URI 1", { exact: true })).toHaveValue("https://knot.example/second");
  await expect(said.filter({ hasText: "Redirect URI 1 removed." })).toHaveCount(1);

  const save = page.getByRole("button", { name: "Save redirect URIs" });
  await save.focus();
  await page.keyboard.press("Enter");
  await expect(said.filter({ hasText: "Saved." })).toHaveCount(1);
  await expect(save).toBeFocused();
  await page.getByRole("link", { name: "Scopes" }).click();
  await expect(page).toHaveURL(/scopes$/);
  expect(asked).toHaveLength(1);
});

test("Back to a new app finds what was typed", async ({ page, visitor }) => {
  await visitor.signUp();
  await visitor.createOrganization("Ruff Rigging");
  await page.goto("/apps/new");
  await visitor.awake();
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  await name.fill("Halyard");
  await page.getByLabel("Redirect URI 1", { exact: true }).fill("https://ruff.example/cb");
  await page.getByRole("link", { name: "My apps" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("My apps");
  await page.goBack();
  await visitor.awake();
  await expect(name).toHaveValue("Halyard");
  await expect(page.getByLabel("Redirect URI 1", { exact: true })).toHaveValue("https://ruff.example/cb");
});

test("what was typed outlives a sign-out in another tab", async ({ page, visitor, portico }) => {
  const person = await visitor.signUp();
  await visitor.createOrganization("Plover Pulleys");
  await visitor.registerApp("Winch", "https://plover.example/cb", ["read"]);
  await visitor.shownOnce();
  await visitor.acknowledge();
  await page.getByRole("link", { name: "Settings" }).click();
  await visitor.awake();
  await page.getByLabel("Description").fill("Turns by itself.");

  const other = new Visitor(await page.context().newPage(), portico);
  await other.page.goto("/sign-out");
  await other.page.getByRole("button", { name: "Sign out" }).click();
  await expect(other.page.getByRole("heading", { name: /The front door/ })).toBeVisible();
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("What you typed stays here")).toBeVisible();

  await other.signIn(person);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Saved.", { exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Description")).toHaveValue("Turns by itself.");
});

test("one sheet is open at a time, and Escape closes it and the menu", async ({ page, visitor }) => {
  await visitor.signUp();
  await visitor.createOrganization("Whimbrel Wharf");
  await visitor.registerApp("Fender", "https://whimbrel.example/cb", ["read"]);
  await visitor.shownOnce();
  await visitor.acknowledge();
  await page.getByRole("link", { name: "Credentials" }).click();
  await visitor.awake();
  const open = page.locator("details.confirm[open]");
  await page.getByText("Revoke…", { exact: true }).click();
  await page.getByText("Revoke as compromised…").click();
  await expect(open).toHaveCount(1);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await expect(open).toHaveCount(0);
  await expect(page.getByText("Revoke as compromised…")).toBeFocused();

  await page.setViewportSize({ width: 390, height: 900 });
  const menu = page.locator("summary", { hasText: "Menu" });
  await menu.click();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await expect(page.locator("details.menu[open]")).toHaveCount(0);
  await expect(menu).toBeFocused();
});

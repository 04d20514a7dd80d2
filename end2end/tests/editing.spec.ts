/** An app is edited with a script and without one: what is refused says why, and loses nothing that was typed. */
import { expect, test } from "../fixtures/test.ts";

test("settings, addresses and scopes are saved, and what is refused is there to go on with", { tag: "@plain" }, async ({ page, visitor, portico, javaScriptEnabled }) => {
  const [owner, name] = [`bosun-${javaScriptEnabled ? "one" : "two"}`, "Boat Count"];
  const awake = async () => {
    if (javaScriptEnabled) await visitor.awake();
  };
  await visitor.signUp();
  await visitor.createOrganization(owner);
  portico.createClient({ owner, name, redirectUris: ["https://boats.example/first"], scopes: ["read", "posts:read"] });
  await page.goto("/apps");
  await page.getByRole("link", { name, exact: true }).click();

  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await awake();
  const field = (label: string) => page.getByRole("textbox", { name: label });
  await field("Description").fill("Counts the boats.");
  await field("Homepage").fill("boats");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(field("Homepage")).toHaveAccessibleDescription(/./);
  await expect(field("Homepage")).toHaveValue("boats");
  await expect(field("Description")).toHaveValue("Counts the boats.");
  await field("Homepage").fill("https://boats.example/");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Saved.", { exact: true })).toBeVisible();
  await expect(field("Homepage")).toHaveValue("https://boats.example/");

  await page.getByRole("link", { name: "Redirect URIs", exact: true }).click();
  await awake();
  const more = page.getByLabel("One more redirect URI");
  const add = async (uri: string) => {
    if (!javaScriptEnabled) return more.fill(uri);
    await page.getByRole("button", { name: "Add another" }).click();
    await page.getByLabel("Redirect URI 2", { exact: true }).fill(uri);
  };
  const second = page.getByLabel("Redirect URI 2", { exact: true });
  await add("http://boats.example/cb");
  await page.getByRole("button", { name: "Save redirect URIs" }).click();
  await expect(second).toHaveValue("http://boats.example/cb");
  await expect(second).toHaveAccessibleDescription(/https/);
  await second.fill("https://boats.example/cb");
  await page.getByRole("button", { name: "Save redirect URIs" }).click();
  await expect(page.getByText("Saved. Requests are compared with this list from now on.")).toBeVisible();
  await page.reload();
  await awake();
  await page.getByLabel("Redirect URI 1", { exact: true }).fill("");
  await page.getByRole("button", { name: "Save redirect URIs" }).click();
  await expect(page.getByText("Saved. Requests are compared with this list from now on.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Redirect URI 1", { exact: true })).toHaveValue("https://boats.example/cb");
  await expect(second).toHaveCount(0);

  await page.getByRole("link", { name: "Scopes", exact: true }).click();
  await awake();
  await page.getByLabel("Purpose of read").fill("To count the boats.");
  await page.getByRole("radiogroup", { name: "Need of read" }).getByRole("radio", { name: /^Optional/ }).check();
  await page.locator('input[name="scopes[posts:read][ticked]"]').uncheck();
  await page.getByRole("button", { name: "Save scopes" }).click();
  await expect(page.getByText("Saved. The next consent asks for these.")).toBeVisible();
  await expect(page.getByLabel("Purpose of read")).toHaveValue("To count the boats.");
  await expect(page.locator('input[name="scopes[posts:read][ticked]"]')).not.toBeChecked();

  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await awake();
  await page.getByLabel(`Type “${name}” to confirm`).fill("Another");
  await page.getByRole("button", { name: "Delete this app" }).click();
  await expect(page.getByLabel(`Type “${name}” to confirm`)).toHaveAccessibleDescription(/That is not the app's name/);
  await page.getByLabel(`Type “${name}” to confirm`).fill(name);
  await page.getByRole("button", { name: "Delete this app" }).click();
  await expect(page.getByText(`${name} is deleted.`)).toBeVisible();
});

/** Names and descriptions without a space, as long as they may be: no page of theirs scrolls sideways, whatever its width. */
import { expect, test } from "../fixtures/test.ts";

const word = (length: number) => "Straßenbahnhaltestellenüberdachung".repeat(9).slice(0, length);
/** The same in letters that addresses may have. */
const plain = (length: number) => word(length).replaceAll(/[^a-z]/gi, "x").toLowerCase();

test("names without a space break, and no page runs out of the window", async ({ page, visitor, portico }) => {
  const [name, description] = [word(60), word(300)];
  await page.goto("/sign-up");
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("E-mail address").fill(`${plain(40)}-${process.pid}@example.org`);
  await page.getByLabel("Password").fill("a pass phrase for the tests");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Create an account" })).toHaveCount(0);

  const fits = async (path: string) => {
    for (const width of [390, 768, 1024, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wide, `${path} sideways at ${width} px`).toBe(0);
    }
  };
  await page.goto("/");
  await fits("welcome");
  await visitor.createOrganization(name);
  await visitor.registerApp(name, `https://${plain(60)}.example/callback`, ["read", "posts:read"]);
  await fits("the secret");
  await visitor.shownOnce();
  await visitor.acknowledge();
  await expect(page).toHaveURL(/overview$/);
  const app = new URL(page.url()).pathname.replace(/\/overview$/, "");

  await page.goto(`${app}/settings`);
  await visitor.awake();
  await page.getByLabel("Description").fill(description);
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await page.goto(`${app}/overview`);
  await visitor.awake();
  await page.getByRole("button", { name: "Install and show the token" }).click();
  await visitor.shownOnce();
  await fits("the token");
  await visitor.acknowledge();

  const tabs = ["overview", "credentials", "redirect-uris", "scopes", "installs", "settings"].map((tab) => `${app}/${tab}`);
  for (const path of ["/", "/apps", "/apps/new", ...tabs, "/installs?status=all", "/audit", "/my-apps", "/account", "/sign-out"]) {
    await page.goto(path);
    await fits(path);
  }
  await page.goto("/installs?status=all");
  await page.getByRole("link", { name, exact: true }).click();
  await fits("the install");

  await page.context().clearCookies();
  await visitor.signIn(portico.staff("support"));
  await page.goto(`/support?q=${encodeURIComponent(name)}`);
  await fits("the search");
  const dossiers = await page.locator("main a[href^='/support/']").evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
  expect(dossiers.length).toBeGreaterThanOrEqual(3);
  for (const path of new Set(dossiers)) {
    await page.goto(path);
    await fits(path);
  }
});

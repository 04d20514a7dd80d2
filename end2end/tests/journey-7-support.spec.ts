/** Journey 7: support finds the revoked install by client id and reads its whole history. */
import { expect, register, test, Visitor } from "../fixtures/test.ts";

test("support reads the whole life of a revoked install", { tag: "@plain" }, async ({ browser, page, visitor, portico, party }, testInfo) => {
  const client = await register(portico, party);
  const { person, organization } = portico.outsider(["owner", "admin"]);

  const elsewhere = await browser.newContext({ ...testInfo.project.use, baseURL: portico.url });
  const admin = new Visitor(await elsewhere.newPage(), portico);
  await admin.page.goto(`${party.url}/connect`);
  await admin.fillSignIn(person);
  await admin.pick(organization);
  await admin.page.getByRole("button", { name: "Allow" }).click();
  await expect(admin.page.getByRole("heading", { level: 1 })).toHaveText("Connected");
  await party.call("/api/v1/whoami");
  await admin.switchTo(organization);
  await admin.page.goto("/installs");
  await admin.page.getByRole("link", { name: client.name, exact: true }).click();
  await admin.page.getByLabel("Reason").fill("Nobody uses it.");
  await admin.page.locator("summary", { hasText: "Revoke…" }).click();
  await admin.page.getByRole("button", { name: "Revoke", exact: true }).click();
  await expect(admin.page.getByText(/^This install ended on .* None of its tokens works any more\./)).toBeVisible();
  await elsewhere.close();

  await visitor.signIn(portico.staff("support"));
  await page.goto("/support");
  await page.getByLabel("Search everything").fill(client.client_id);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: client.name, exact: true }).click();
  await expect(page.getByText(client.client_id).first()).toBeVisible();
  await page.getByRole("link", { name: `${client.name} in ${organization.name}` }).click();

  await expect(page.getByRole("heading", { level: 1 })).toContainText(client.name);
  await expect(page.getByText("The reason given: “Nobody uses it.”")).toBeVisible();
  const timeline = page.getByRole("listitem");
  for (const action of ["install.created", "token.issued", "install.revoked"]) {
    await expect(timeline.filter({ hasText: action }).first(), action).toBeVisible();
  }
  await expect(page.getByRole("button", { name: /Revoke|Delete|Suspend|Rotate/ })).toHaveCount(0);
});

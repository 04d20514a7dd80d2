/** Journey 2: a test install in one click; its token works at once. */
import { expect, test } from "../fixtures/test.ts";

test("the token of a test install works at /api/v1/whoami at once, and dies with the install", async ({ page, request, visitor }) => {
  await visitor.signUp();
  await visitor.createOrganization("Dunlin Data");
  await visitor.registerApp("Shore Survey", "https://dunlin.example/cb", ["read"]);
  await visitor.acknowledge();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Shore Survey");

  await visitor.awake();
  await page.getByRole("button", { name: "Install and show the token" }).click();
  const token = await visitor.shownOnce();
  expect(token).toMatch(/^ptcot_/);
  const ask = () => request.get("/api/v1/whoami", { headers: { authorization: `Bearer ${token}` } });
  const answer = await ask();
  expect(answer.status()).toBe(200);
  expect(await answer.text()).toContain("Dunlin Data");

  await visitor.acknowledge();
  await expect(page).toHaveURL(/\/installs\//);
  await expect(page.getByText("Test", { exact: true }).first()).toBeVisible();
  await page.locator("summary", { hasText: "Revoke…" }).click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await expect(page.getByText(/^This install ended on .* None of its tokens works any more\./)).toBeVisible();
  expect((await ask()).status()).toBe(401);
});

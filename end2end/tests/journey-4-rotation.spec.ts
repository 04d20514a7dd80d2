/** Journey 4: rotation with grace: both secrets work. The end of the grace is proven with a fake clock in the HTTP tests. */
import { expect, test } from "../fixtures/test.ts";
import type { APIRequestContext } from "@playwright/test";

/** What the revocation endpoint says to a client with this secret: 200 whatever the token, 401 when the secret is wrong. */
async function statusOf(request: APIRequestContext, clientId: string, secret: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`;
  const answer = await request.post("/oauth/revoke", { form: { token: "ptcot_unknown" }, headers: { authorization } });
  return answer.status();
}

test("after a rotation with grace both secrets work; after one without, only the newest", async ({ page, request, visitor }) => {
  await visitor.signUp();
  await visitor.createOrganization("Curlew Cables");
  await visitor.registerApp("Patch Panel", "https://curlew.example/cb", ["read"]);
  const first = await visitor.shownOnce();
  const clientId = (await page.locator("code", { hasText: /^ptcapp_/ }).first().textContent()) ?? "";
  await visitor.acknowledge();
  expect(await statusOf(request, clientId, first)).toBe(200);

  const rotate = async (label: string, grace: string): Promise<string> => {
    await page.getByRole("link", { name: "Credentials" }).click();
    await visitor.awake();
    const tool = page.getByRole("group").filter({ has: page.getByText("Rotate secret", { exact: true }) });
    await tool.getByText("Rotate secret", { exact: true }).click();
    await tool.getByLabel("Label").fill(label);
    await tool.getByRole("radio", { name: grace }).check();
    await tool.getByRole("button", { name: "Make the new secret" }).click();
    const secret = await visitor.shownOnce();
    await visitor.acknowledge();
    await expect(page.getByRole("row", { name: label })).toContainText("Active");
    return secret;
  };

  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Patch Panel");
  const second = await rotate("Spring", "24 hours");
  expect(await statusOf(request, clientId, first)).toBe(200);
  expect(await statusOf(request, clientId, second)).toBe(200);
  await expect(page.getByRole("row", { name: /Retiring|24 h|hours/ }).first()).toBeVisible();

  const third = await rotate("Summer", "Now");
  expect(await statusOf(request, clientId, first)).toBe(401);
  expect(await statusOf(request, clientId, second)).toBe(401);
  expect(await statusOf(request, clientId, third)).toBe(200);
});

/** Signing in and out, with and without scripts. */
import { expect, register, test } from "../fixtures/test.ts";

const plain = { tag: "@plain" };

test("a wrong password and an unknown address get the same answer, and what was typed stays", plain, async ({ page, visitor, portico }) => {
  const { person } = portico.outsider(["owner"]);
  const answers: (string | null)[] = [];
  for (const email of [person.email, "nobody@example.org"]) {
    await page.goto("/sign-in?next=/account");
    await visitor.fillSignIn({ email, password: "not the password" });
    await expect(page.getByLabel("E-mail address")).toHaveValue(email);
    await expect(page.getByLabel("Password")).toHaveValue("");
    answers.push(await page.getByRole("alert").first().textContent());
  }
  expect(answers[0]).toBeTruthy();
  expect(answers[0]).toBe(answers[1]);
});

test("after sign-in the person is where he wanted to go, and after sign-out nobody is", plain, async ({ page, visitor, portico }) => {
  const { person } = portico.outsider(["owner"]);
  await page.goto("/account");
  await visitor.fillSignIn(person);
  await expect(page).toHaveURL(/\/account$/);
  await page.goto("/sign-out");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto("/account");
  await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
});

test("a foreign next is not followed", plain, async ({ page, visitor, portico }) => {
  const { person } = portico.outsider(["owner"]);
  for (const next of ["//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example/"]) {
    await page.context().clearCookies();
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await visitor.fillSignIn(person);
    await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toHaveCount(0);
    expect(new URL(page.url()).origin, next).toBe(portico.url);
  }
});

test("the theme that was chosen is there from the first byte", plain, async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByRole("button", { name: /dark/i }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  const html = await (await page.request.get("/sign-up")).text();
  expect(html).toContain('data-theme="dark"');
});

test("a new person makes an organization and owns it", plain, async ({ page, visitor }) => {
  const person = await visitor.signUp();
  await visitor.createOrganization(`Quay of ${person.name}`);
  await page.goto("/");
  await expect(page.getByLabel(`Organization: Quay of ${person.name}. Switch`).filter({ visible: true })).toBeVisible();
});

test("who is asked to sign in again finds the address there, and may type another", { tag: "@plain" }, async ({ page, visitor, portico, party }) => {
  await register(portico, party);
  const { person } = portico.outsider(["owner", "admin"]);
  await visitor.signIn(person);
  await page.goto(`${party.url}/connect?prompt=login`);
  await expect(page.getByText(`You are signed in as ${person.email}.`)).toBeVisible();
  await expect(page.getByLabel("E-mail address")).toHaveValue(person.email);
  await page.goto(`${party.url}/connect?prompt=login&login_hint=somebody@example.org`);
  await expect(page.getByLabel("E-mail address")).toHaveValue("somebody@example.org");
});

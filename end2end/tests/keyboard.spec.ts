/** Sign-in, picker and consent with nothing but a keyboard. */
import { expect, register, test } from "../fixtures/test.ts";

test("req_114 a person connects an app without a mouse", { tag: "@plain" }, async ({ page, portico, party }) => {
  const client = await register(portico, party);
  const { person, organization } = portico.outsider(["owner", "admin"]);
  const { keyboard } = page;
  /** Tabs on until something with this role and name has the focus; each stop on the way must show that it has it. */
  const tabTo = async (role: "textbox" | "radio" | "button", name: string | RegExp) => {
    const wanted = page.getByRole(role, { name });
    for (let stops = 0; stops < 40; stops += 1) {
      await keyboard.press("Tab");
      const ring = await page.locator(":focus").evaluate((element) =>
        // A choice shows the ring around the whole card.
        [element, element.closest("label")].some((shown) => shown !== null && getComputedStyle(shown).outlineStyle !== "none"),
      );
      expect(ring, "what has the focus shows it").toBe(true);
      if (await wanted.evaluateAll((found) => found.includes(document.activeElement as never))) return;
    }
    throw new Error(`Tab does not reach ${role} ${name}`);
  };

  await page.goto(`${party.url}/connect`);
  await tabTo("textbox", "E-mail address");
  await keyboard.type(person.email);
  await keyboard.press("Tab");
  await keyboard.type(person.password);
  await keyboard.press("Enter");

  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Where should ${client.name} work?`);
  await tabTo("radio", /.*/);
  const radio = page.getByRole("radio", { name: organization.name });
  for (let presses = 0; presses < 10 && !(await radio.isChecked()); presses += 1) {
    await keyboard.press("Space");
    if (!(await radio.isChecked())) await keyboard.press("ArrowDown");
  }
  await keyboard.press("Enter");

  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${client.name} wants to work in ${organization.name}`);
  await tabTo("button", "Allow");
  await keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Connected");
});

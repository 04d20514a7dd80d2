/** Every page, light and dark, from a phone to a desk: axe finds nothing serious, nothing scrolls sideways, and no page breaks its own policy. */
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "../fixtures/test.ts";
import { enter, TOUR } from "../fixtures/tour.ts";

for (const stop of TOUR) {
  test(`${stop.name} is accessible in both themes`, async ({ page, portico, party }) => {
    const complaints: string[] = [];
    const foreign: string[] = [];
    page.on("console", (message) => {
      // A page about an error has the error's status, which Chromium reports of the page itself.
      const ownStatus = message.text().startsWith("Failed to load resource") && message.location().url === page.url();
      if (message.type() === "error" && !ownStatus) complaints.push(`${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== "data:" && ![portico.url, party.url].includes(origin)) foreign.push(request.url());
    });
    await enter(page, portico, stop.as);
    await stop.open(page, portico, party);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(stop.h1);

    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
      const serious = violations
        .filter((violation) => violation.impact === "serious" || violation.impact === "critical")
        .map((violation) => `${violation.id}: ${violation.nodes.map((node) => `${node.target.join(" ")} (${node.failureSummary})`).join("; ")}`);
      expect(serious, colorScheme).toEqual([]);
    }
    for (const width of [390, 768, 1024, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `sideways at ${width} px`).toBe(0);
    }
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
  });
}

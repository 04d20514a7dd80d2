/** Not a test: writes every page at 1280 and 390 px, light and dark, for looking at. `npm run screenshots` */
import { test } from "../fixtures/test.ts";
import { enter, TOUR } from "../fixtures/tour.ts";

for (const stop of TOUR) {
  test(stop.name, async ({ page, portico, party }) => {
    await enter(page, portico, stop.as);
    await stop.open(page, portico, party);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 900 });
        await page.screenshot({ path: `screenshots/${stop.name}-${width}-${colorScheme}.png`, fullPage: true });
      }
    }
  });
}

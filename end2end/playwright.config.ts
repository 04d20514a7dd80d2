import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { defineConfig, devices } from "@playwright/test";

/** Debian's Chromium where there is one: Playwright's own download is not reachable everywhere. */
function chromium(): string | undefined {
  const places = [process.env.PORTICO_TEST_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return places.find((place) => place !== undefined && existsSync(place));
}

const desktop = {
  ...devices["Desktop Chrome"],
  viewport: { width: 1280, height: 900 },
  launchOptions: { executablePath: chromium(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] },
};

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  fullyParallel: true,
  forbidOnly: process.env.CI === "true",
  workers: Math.max(1, Math.min(4, cpus().length)),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list", { printSteps: false }]],
  // A trace costs a fifth of the time: what fails runs once more with one, and fails the run all the same.
  retries: 1,
  failOnFlakyTests: true,
  use: { trace: "on-first-retry", actionTimeout: 15_000, locale: "en-GB", timezoneId: "UTC" },
  projects: [
    { name: "with JavaScript", testIgnore: "screenshots.spec.ts", use: desktop },
    // The pages that must work for anybody: what is tagged @plain runs a second time, with scripts switched off.
    { name: "without JavaScript", testIgnore: "screenshots.spec.ts", grep: /@plain/, use: { ...desktop, javaScriptEnabled: false } },
    ...(process.env.SCREENSHOTS ? [{ name: "screenshots", testMatch: "screenshots.spec.ts", use: desktop }] : []),
  ],
});

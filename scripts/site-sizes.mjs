// Prints the sizes of the built site and ends with 1 when the wasm is over its budget: `node site-sizes.mjs SITE`.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const WASM_BUDGET = 150_000; // bytes of brotli, for the whole portal

const [site] = process.argv.slice(2);
const [hash] = readdirSync(join(site, "pkg"));
const size = (name) => statSync(join(site, "pkg", hash, name)).size;
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

for (const name of ["portico.wasm", "portico.js", "portico.css"]) {
  console.log(`${name.padEnd(13)} ${kilobytes(size(name)).padStart(9)}, in brotli ${kilobytes(size(`${name}.br`)).padStart(8)}`);
}
const wasm = size("portico.wasm.br");
const verdict = wasm <= WASM_BUDGET ? "within" : "OVER";
console.log(`wasm in brotli: ${kilobytes(wasm)}, ${verdict} the budget of ${kilobytes(WASM_BUDGET)}`);
process.exitCode = wasm <= WASM_BUDGET ? 0 : 1;

// Packs the built site: `node pack-site.mjs BUILT SITE`. What was built goes to SITE/pkg/<content hash>/, so that browsers may keep it for a year.
// Every file that compresses lies there as .br and .gz too.
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [built, site] = process.argv.slice(2);
const COMPRESSIBLE = new Set([".css", ".html", ".ico", ".js", ".json", ".svg", ".txt", ".wasm", ".webmanifest"]);

/** All files below `folder`, in one order on every machine. */
function files(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .sort();
}

function contentHash(folder) {
  const hash = createHash("sha256");
  for (const path of files(folder)) {
    const content = readFileSync(path);
    hash.update(`${path.slice(folder.length)} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

function compress(path) {
  const content = readFileSync(path);
  const brotli = {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  };
  for (const [suffix, small] of [[".br", brotliCompressSync(content, brotli)], [".gz", gzipSync(content, { level: 9 })]]) {
    if (small.length < content.length) writeFileSync(path + suffix, small);
  }
}

const pkg = `pkg/${contentHash(built)}`;
cpSync(built, join(site, pkg), { recursive: true });
for (const path of files(site)) if (COMPRESSIBLE.has(extname(path))) compress(path);

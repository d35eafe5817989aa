// Copies beside tsc's output what tsc does not: the core as a file, the vendored loader.
//   node scripts/copy-assets.mjs
import { chmodSync, copyFileSync, existsSync, mkdirSync } from "node:fs";

mkdirSync("dist/core/vendor", { recursive: true });
copyFileSync("build/release.wasm", "dist/core.wasm");
for (const name of ["loader.js", "loader.d.ts", "LICENSE"]) {
  copyFileSync(`src/core/vendor/${name}`, `dist/core/vendor/${name}`);
}
if (existsSync("dist/cli/main.js")) chmodSync("dist/cli/main.js", 0o755);

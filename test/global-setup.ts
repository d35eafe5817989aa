// Builds the core before the tests when it is missing or older than its sources.
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";

function newest(folder: string): number {
  let at = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".ts")) at = Math.max(at, statSync(`${folder}/${name}`).mtimeMs);
  }
  return at;
}

export default function setup(): void {
  if (process.env["SYSMMU_CORE_DIR"] !== undefined) return; // one floor alone, built by hand
  const sources = Math.max(newest("assembly"), statSync("asconfig.json").mtimeMs);
  const built = ["debug", "release"].map((target) => {
    try {
      return statSync(`build/${target}.wasm`).mtimeMs;
    } catch {
      return 0;
    }
  });
  if (Math.min(...built) < sources) execFileSync("npm", ["run", "build:core"], { stdio: "inherit" });
}

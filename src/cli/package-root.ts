// Where this package lies, and what it says of itself.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Folder of package.json; the same from src/cli (tests) and dist/cli. */
export const packageRoot: string = fileURLToPath(new URL("../../", import.meta.url));

/** Version in package.json. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}

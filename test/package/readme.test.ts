// The TypeScript blocks of README.md compile as a user's strict project would have them, against the built types.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const FLAGS =
  "--ignoreConfig --strict --noEmit --module nodenext --target es2022 --skipLibCheck --types node".split(" ");
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");

/** Errors of the compiler over `text`, "" for none. */
function compile(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  try {
    execFileSync(process.execPath, [tsc, ...FLAGS, file], { encoding: "utf8", stdio: "pipe" });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test("README blocks are strict TypeScript", { timeout: 60_000 }, () => {
  const blocks = [...readFileSync("README.md", "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(
    (m) => m[1]!,
  );
  expect(blocks.length).toBeGreaterThan(0);
  // Inside the package, so that "sysmmu" is found by its own name.
  const folder = mkdtempSync(resolve("build", "readme-"));
  try {
    const wrong = compile(folder, "wrong.mts", 'import { Machine } from "sysmmu";\nMachine.create(5);\n');
    expect(wrong).toMatch(/TS2345/);
    for (const [i, block] of blocks.entries()) expect(compile(folder, `block${i}.mts`, block)).toBe("");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

// The built package as another program sees it: import, require(), core.wasm, the CLI. The full
// check over the packed tarball is scripts/check-package.mjs.
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

const { exports, files, bin, dependencies, version } = JSON.parse(readFileSync("package.json", "utf8"));

function newest(folder: string, end: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(end),
  );
  return Math.max(0, ...names.map((name) => statSync(join(folder, name)).mtimeMs));
}

function builtAt(): number {
  return statSync("dist/cli/main.js", { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs code in a fresh Node that resolves `sysmmu` as itself. */
function node(code: string, type: "module" | "commonjs"): string {
  const args = ["--no-warnings", `--input-type=${type}`, "-e", code];
  return execFileSync(process.execPath, args, { encoding: "utf8" }).trim();
}

beforeAll(() => {
  // npm ci builds dist; only a tree that was edited since builds again.
  if (builtAt() < newest("src", ".ts")) execFileSync("npm", ["run", "build:host"], { stdio: "inherit" });
}, 120_000);

const USE = `const m = Machine.create({ soc: exynos4210, dram: { base: 0x40000000, bytes: 1 << 20 } });
const pa = m.memory.alloc(4096); m.cpu.write32(pa, 42); console.log(m.cpu.read32(pa)); m.dispose();`;

describe("the package", () => {
  it("is imported and starts a machine", () => {
    expect(node(`import { Machine, exynos4210 } from "sysmmu"; ${USE}`, "module")).toBe("42");
  });

  it("is required and starts a machine", () => {
    expect(node(`const { Machine, exynos4210 } = require("sysmmu"); ${USE}`, "commonjs")).toBe("42");
  });

  it("has every file that it names", () => {
    for (const target of Object.values<string | { types: string; default: string }>(exports)) {
      for (const path of typeof target === "string" ? [target] : Object.values(target)) {
        expect(statSync(path).isFile(), path).toBe(true);
      }
    }
    for (const path of [...files, ...Object.values<string>(bin)]) expect(statSync(path), path).toBeTruthy();
  });

  it("ships the core as a file equal to the embedded one", () => {
    const embedded = readFileSync("dist/core/wasm-base64.js", "utf8").match(/(?<=")[A-Za-z0-9+/=]+(?=",)/g)!;
    expect(Buffer.from(embedded.join(""), "base64").equals(readFileSync("dist/core.wasm"))).toBe(true);
  });

  it("has no bare import outside CLI and Node-only files", () => {
    const bare = /(?:^import |^(?:import|export|\}).* from |\bimport\()"(?!\.)([^"]+)"/gm;
    for (const name of readdirSync("dist", { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".js") || name.startsWith("cli/") || /-node\.js$/.test(name)) continue;
      const found = [...readFileSync(join("dist", name), "utf8").matchAll(bare)].map((match) => match[1]);
      expect(found, name).toEqual([]);
    }
  });

  it("has no top-level await", () => {
    for (const name of readdirSync("dist", { recursive: true, encoding: "utf8" })) {
      if (name.endsWith(".js"))
        expect(readFileSync(join("dist", name), "utf8"), name).not.toMatch(
          /^await |^(const|let) .*= await /m,
        );
    }
  });

  it("pins what the CLI needs exactly", () => {
    for (const range of Object.values<string>(dependencies)) expect(range).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("runs its command line", () => {
    const cli = (...args: string[]) =>
      spawnSync(process.execPath, [bin.sysmmu, ...args], { encoding: "utf8" });
    expect(cli("--version").stdout).toBe(`${version}\n`);
    const bad = cli("replay", "--nonsense");
    expect([bad.status, bad.stdout]).toEqual([2, ""]);
    expect(bad.stderr).toBe("sysmmu: unknown option --nonsense\n");
  });

  it("survives a reader that closes early", () => {
    const { status, stderr } = spawnSync(
      "sh",
      ["-c", `"${process.execPath}" ${bin.sysmmu} soc exynos4412 | head -1`],
      {
        encoding: "utf8",
      },
    );
    expect([status, stderr]).toEqual([0, ""]);
  });
});

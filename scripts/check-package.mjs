// Checks the package as users get it: publint, types, then the packed tarball in an empty folder:
// import, require(), the CLI, a TypeScript consumer, core.wasm as a file.
//   node scripts/check-package.mjs          (after npm ci; builds nothing itself but what npm pack does)
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname ?? ".", "..");
const folder = mkdtempSync(join(tmpdir(), "sysmmu-package-"));
let failed = 0;

function check(name, action) {
  try {
    action();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n${error.stdout ?? ""}${error.stderr ?? ""}${error.message}`);
  }
}

function run(command, args, cwd = folder) {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: "pipe" });
}

function equal(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

const bin = (name) => join(root, "node_modules", ".bin", name);
const { name, version, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

try {
  // --ignore-scripts: the tree is built; attw and publint look at the same tarball.
  const [{ filename, files, unpackedSize }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
  );
  const tarball = join(folder, filename);
  console.log(`${filename}: ${files.length} files, ${unpackedSize} bytes unpacked`);

  check("publint", () => run(bin("publint"), ["--strict"], root));
  check("attw", () =>
    run(bin("attw"), [tarball, "--profile", "esm-only", "--exclude-entrypoints", "./core.wasm"], root),
  );
  check("no source, no test, no machine's path in the tarball", () => {
    const odd = files
      .map((file) => file.path)
      .filter((path) => /^(src|test|assembly|bench)\/|\.tsbuildinfo$/.test(path));
    equal(odd.join(" "), "", "unexpected files");
  });

  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true }));
  check("installs into an empty folder", () =>
    run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball]),
  );
  const entries = Object.entries(exports).filter(([, target]) => typeof target === "object");
  for (const [subpath] of entries) {
    const specifier = subpath === "." ? name : `${name}/${subpath.slice(2)}`;
    check(`import ${specifier}`, () => {
      const code = `const m = await import(${JSON.stringify(specifier)}); console.log(Object.keys(m).length > 0)`;
      equal(run("node", ["--input-type=module", "-e", code]).trim(), "true", "exports");
    });
    check(`require ${specifier}`, () => {
      const code = `console.log(Object.keys(require(${JSON.stringify(specifier)})).length > 0)`;
      equal(run("node", ["--no-warnings", "-e", code]).trim(), "true", "exports");
    });
  }
  check("a machine starts from import and from require()", () => {
    const use = `const m = Machine.create({ soc: exynos4210, dram: { base: 0x40000000, bytes: 16 << 20 } });
      const pa = m.memory.alloc(4096); m.cpu.write32(pa, 42); console.log(m.cpu.read32(pa)); m.dispose();`;
    equal(
      run("node", [
        "--input-type=module",
        "-e",
        `import { Machine, exynos4210 } from "${name}"; ${use}`,
      ]).trim(),
      "42",
      "import",
    );
    equal(
      run("node", [
        "--no-warnings",
        "-e",
        `const { Machine, exynos4210 } = require("${name}"); ${use}`,
      ]).trim(),
      "42",
      "require",
    );
  });
  check("the library entry loads no package", () => {
    const code = `import "${name}"; import { createRequire } from "node:module";
      const loaded = Object.keys(createRequire(import.meta.url).cache); console.log(loaded.length);`;
    equal(run("node", ["--input-type=module", "-e", code]).trim(), "0", "CommonJS modules loaded");
  });
  check("core.wasm is a WebAssembly module", () => {
    const code = `import { readFileSync } from "node:fs"; import { fileURLToPath } from "node:url";
      const url = import.meta.resolve("${name}/core.wasm");
      console.log(WebAssembly.validate(readFileSync(fileURLToPath(url))));`;
    equal(run("node", ["--input-type=module", "-e", code]).trim(), "true", "validate");
  });
  const cli = join(folder, "node_modules", ".bin", "sysmmu");
  check("CLI: --version, --help, bad usage", () => {
    equal(run(cli, ["--version"]).trim(), version, "--version");
    if (!run(cli, ["replay", "--help"]).includes("--strategy"))
      throw new Error("replay --help lacks --strategy");
    const bad = spawnSync(cli, ["replay", "--nonsense"], { cwd: folder, encoding: "utf8" });
    equal(bad.status, 2, "exit status of an unknown option");
    equal(bad.stderr.trim().split("\n").length, 1, "lines on stderr");
  });
  check("CLI: replays the shipped traces as JSON", () => {
    const report = JSON.parse(run(cli, ["replay", "--strategy", "iommu", "--json"]));
    equal(report.schema, "sysmmu/replay-set", "schema");
    if (report.reports.some((r) => r.operations.replayed === 0)) throw new Error("nothing was replayed");
  });
  check("a TypeScript consumer compiles (nodenext, ESM and CommonJS)", () => {
    const body = `
const machine: Machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 16 << 20 } });
const pa: number | null = machine.memory.alloc(4096);
export const direction: number = DmaDirection.ToDevice;
console.log(pa);
`;
    const imports = `import { DmaDirection, Machine, exynos4210 } from "${name}";`;
    writeFileSync(join(folder, "consumer.mts"), imports + body);
    writeFileSync(join(folder, "consumer.cts"), imports + body);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", ""];
    run(bin("tsc"), [...options, "--ignoreConfig", "consumer.mts", "consumer.cts"]);
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(failed === 0 ? "package is fine" : `${failed} checks failed`);
process.exit(failed === 0 ? 0 : 1);

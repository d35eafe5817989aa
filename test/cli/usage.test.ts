// Bad usage: one clear line on stderr, exit status 2, nothing on stdout, nothing half-written.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "../../src/cli/run.js";
import { FakeIo } from "./io.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sysmmu-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("bad usage", () => {
  const cases: [args: string[], message: RegExp][] = [
    [[], /no command given; one of replay, .*conformance/],
    [["nonsense"], /unknown command "nonsense"/],
    [["replay", "--nonsense"], /unknown option --nonsense/],
    [["replay", "-x"], /unknown option -x/],
    [["replay", "--strategy"], /--strategy needs a value/],
    [["replay", "--strategy", "iommu,swap"], /--strategy takes linear, iommu, bounce.* got "swap"/],
    [["replay", "--strategy", "iommu,iommu"], /--strategy names a value twice/],
    [["replay", "--profile", "v9"], /--profile must be one of .*v6\.1, got "v9"/],
    [["replay", "--soc", "exynos1"], /--soc must be one of/],
    [["replay", "--soc", "a", "--soc", "b"], /--soc is given more than once/],
    [["replay", "--access", "twice"], /--access must be none, once or stream:N, got "twice"/],
    [["replay", "--access", "stream:0"], /--access must be/],
    [["replay", "--dram", "lots"], /--dram must be a size such as 256M, got "lots"/],
    [["replay", "--dram=-5"], /--dram must be a size/],
    [["replay", "missing.txt"], /missing\.txt.*no such file/i],
    [
      ["replay", "--out", "nowhere/report.txt", "missing.txt"],
      /--out nowhere\/report\.txt: folder .* does not exist/,
    ],
    [["replay", "--out", ".", "missing.txt"], /--out \.: is a folder/],
    [["conformance"], /conformance needs vector files/],
    [["conformance", "missing"], /missing: no such file or folder/],
    [["explain", "0x1000", "--lv1"], /--lv1 needs a value/],
    [["explain", "0x1000", "--pt-base="], /--pt-base needs a value/],
    [["explain", "0x1000", "--ptBase", "0"], /unknown option --ptBase/],
    [["explain", "0x1000", "--lv1", "1", "--lv1", "2"], /--lv1 is given more than once/],
    [["explain", "-", "-"], /standard input \(-\) can be read only once/],
    [["replay", "--json=foo"], /--json takes no value, got "foo"/],
    [["replay", "--no-json"], /unknown option --no-json/],
    [["replay", "--json", "--json"], /--json is given more than once/],
    [["soc", ""], /soc: an argument is empty/],
    [["bench", "extra"], /bench takes no argument, got "extra" too/],
  ];
  it.each(cases)("%j", async (args, message) => {
    const io = new FakeIo(folder);
    expect(await run(args, io)).toBe(2);
    expect(io.out).toBe("");
    expect(io.err).toMatch(/^sysmmu: [^\n]+\n$/);
    expect(io.err).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves an existing --out alone when the input is bad", async () => {
    writeFileSync(join(folder, "out.txt"), "old");
    writeFileSync(join(folder, "bad.jsonl"), "{\n");
    const io = new FakeIo(folder);
    expect(await run(["conformance", "bad.jsonl", "--out", "out.txt"], io)).toBe(2);
    expect(readFileSync(join(folder, "out.txt"), "utf8")).toBe("old");
    expect(readdirSync(folder).sort()).toEqual(["bad.jsonl", "out.txt"]);
  });
});

describe("help and version", () => {
  it("prints the version of package.json", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    const io = new FakeIo(folder);
    expect(await run(["--version"], io)).toBe(0);
    expect(io.out).toBe(`${version}\n`);
  });

  it.each([["replay"], ["convert"], ["explain"], ["soc"], ["conformance"], ["bench"]])(
    "%s --help",
    async (name) => {
      const info = vi.spyOn(console, "info").mockImplementation(() => {});
      try {
        expect(await run([name, "--help"], new FakeIo(folder))).toBe(0);
        const text = info.mock.calls.flat().join("\n");
        expect(text).toContain(`$ sysmmu ${name}`);
        expect(text).toContain("--json");
        expect(text).toContain("--out <file>");
      } finally {
        info.mockRestore();
      }
    },
  );
});

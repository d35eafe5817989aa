// The program as a shell starts it: standard input, write errors of standard output.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const TRACE = readFileSync("examples/traces/exynos4210-camera/07-hold-live.trace.txt.gz");
const OPS = "# sysmmu op stream 1\ndevice 0 fimc0\nmap dev=0 dir=1 handle=0 pa=0x40001000 size=0x1000\n";
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sysmmu-process-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sysmmu(args: readonly string[], input: string | Uint8Array, stdout: "pipe" | number = "pipe") {
  return spawnSync(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args], {
    input,
    stdio: ["pipe", stdout, "pipe"],
    encoding: "utf8",
  });
}

describe("standard input", () => {
  it("is the trace of replay -", () => {
    const { status, stdout } = sysmmu(["replay", "-", "--strategy", "linear", "--json"], TRACE);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).traces).toMatchObject([{ name: "-", format: "ftrace" }]);
  });
  it("is the trace of convert -, behind options and --", () => {
    const { stdout } = sysmmu(["convert", "--to", "text", "--", "-"], OPS);
    expect(stdout).toMatch(/^# sysmmu op stream 1\ndevice 0 fimc0\nmap /);
  });
  it("is the log of explain -", () => {
    const { status, stdout } = sysmmu(["explain", "-"], "x: PAGE FAULT occurred at 0x2000\n");
    expect(status).toBe(0);
    expect(stdout).toContain("PAGE fault");
  });
  it("is the device tree of soc -, and the vectors of conformance -", () => {
    const soc = sysmmu(["soc", "-"], "no device tree");
    expect([soc.status, soc.stdout]).toEqual([2, ""]);
    expect(soc.stderr).toMatch(/^sysmmu: -: /);
    const vectors = sysmmu(["conformance", "-"], "no JSON");
    expect(vectors.status).toBe(2);
    expect(vectors.stderr).toMatch(/^sysmmu: -:1: not JSON/);
  });
});

describe("standard output", () => {
  it("that cannot be written is one line and status 2", () => {
    // Opened for reading only: every write fails, as on a full disk.
    const path = join(folder, "sink");
    writeFileSync(path, "");
    const sink = openSync(path, "r");
    try {
      for (const args of [["soc"], ["convert", "-"]]) {
        const { status, stderr } = sysmmu(args, OPS, sink);
        expect(stderr).toMatch(/^sysmmu: standard output cannot be written: [^\n]+\n$/);
        expect(status).toBe(2);
      }
    } finally {
      closeSync(sink);
    }
  });
});

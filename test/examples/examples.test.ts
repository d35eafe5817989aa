// Every example runs as a user would run it: with Node, against the built package.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** A line that each example must print. */
const EXPECTED: Record<string, RegExp> = {
  "map-and-read.mjs": /fimc0 reads: a line of pixels/,
  "wrong-address.mjs": /SPI 4 is up.*used after unmap.*SPI 4 is down/s,
  "coherent-or-writecombine.mjs":
    /descriptor, 4 words, without .*\n.*\n {2}write-combine +0 +0 +0 +0 +4\n.*\n {2}coherent before v7 +4 +4 +0 +0 +0\n[\s\S]*On ARMv7 write-combine and coherent differ in: nothing\.\nBefore ARMv7 they differ in: sequential, scattered, descriptor\./,
  "replay-from-a-script.mjs": /fimd0.*12 allocations, 12 still live/,
  "fimc-capture.mjs": /frame 6 at 0x20004000: first byte 6, last byte 53\nlive mappings 0/,
  "fimc-scale.mjs": /NV12 to BGR4 480 x 300: done\n.*after\.png\nlive mappings 0/,
  "linear-alias.mjs":
    /alias mapped.*linear address "\.{5}" \(ok\).*alias unmapped.*linear address "" \(fault\).*firmware/s,
  "own-ops.mjs": /iommu, then budget.*tile 2: over budget.*ops of g2d: iommu; live mappings 0/s,
  "forgotten-sync.mjs":
    /no speculation, no sync.* 0 old bytes.*no sync +: 22 lines taken in, 704 old.*and sync.* 0 old/s,
  "iova-allocators.mjs": /gen-pool.*bitmap .*first 0x20000000.*range-tree +first 0x20ff0000.*own /s,
  "network-ring.mjs": /received: answer 7\ndevice reads of bytes in the write buffer 1, of stale lines 0/,
};

describe("examples", () => {
  const folder = mkdtempSync(join(tmpdir(), "sysmmu-examples-"));
  for (const name of readdirSync("examples").filter((file) => file.endsWith(".mjs"))) {
    it(`${name} runs`, () => {
      const out = execFileSync(process.execPath, [join("examples", name), folder], { encoding: "utf8" });
      expect(EXPECTED[name]).toBeDefined();
      expect(out).toMatch(EXPECTED[name]!);
    });
  }
  it("replay-from-a-script.mjs runs in a folder whose name has a blank", () => {
    const spaced = join(folder, "a folder");
    mkdirSync(join(spaced, "node_modules"), { recursive: true });
    symlinkSync(process.cwd(), join(spaced, "node_modules", "sysmmu"));
    symlinkSync(join(process.cwd(), "examples", "traces"), join(spaced, "traces"));
    const script = join(spaced, "replay.mjs");
    copyFileSync(join("examples", "replay-from-a-script.mjs"), script);
    const out = execFileSync(process.execPath, ["--preserve-symlinks-main", script], { encoding: "utf8" });
    expect(out).toMatch(EXPECTED["replay-from-a-script.mjs"]!);
  });
  it("leave nothing behind", () => {
    rmSync(folder, { recursive: true, force: true });
  });
});

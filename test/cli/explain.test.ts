// Fault messages of each driver generation, and what is said about them.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { explainFault, walkPlan } from "../../src/cli/explain-fault.js";
import { readFaultLog } from "../../src/cli/fault-log.js";
import { run } from "../../src/cli/run.js";
import { exynos4210 } from "../../src/soc/exynos4210.js";
import { FakeIo } from "./io.js";

const none = { access: null, name: null, tableBase: null, lv1: null, lv2: null };

describe("reading", () => {
  it.each([
    [
      "[   12.3] PAGE FAULT occurred at 0x20001000(Page table base: 0x6d9c0000)\n\tLv1 entry: 0x6da01c01\n\t Lv2 entry: 0x0",
      { ...none, cause: "PAGE", address: 0x2000_1000, tableBase: 0x6d9c_0000, lv1: 0x6da0_1c01, lv2: 0 },
    ],
    [
      "exynos-sysmmu: AR ACCESS PROTECTION FAULT occurred at 0xfffff000 by 11a20000.sysmmu(Page table base: 0x6d9c0000)",
      {
        ...none,
        cause: "ACCESS PROTECTION",
        access: "read",
        address: 0xffff_f000,
        name: "11a20000.sysmmu",
        tableBase: 0x6d9c_0000,
      },
    ],
    [
      "exynos-sysmmu 11a20000.sysmmu: 11a20000.sysmmu: AW MULTI-HIT FAULT occurred at 0x1000",
      { ...none, cause: "MULTI-HIT", access: "write", address: 0x1000, name: "11a20000.sysmmu" },
    ],
    [
      "exynos-sysmmu 11a20000.sysmmu: 11800000.fimc: [WRITE] PAGE FAULT occurred at 0x20001000",
      { ...none, cause: "PAGE", access: "write", address: 0x2000_1000, name: "11800000.fimc" },
    ],
    ["BUS ERROR occurred at 0x0", { ...none, cause: "BUS ERROR", address: 0 }],
  ])("%s", (text, fault) => {
    expect(readFaultLog(text)).toEqual([fault]);
  });

  it("passes over other lines and reads several faults", () => {
    const text = "usb 1-1: new device\nA: PAGE FAULT occurred at 0x1000\nB: PAGE FAULT occurred at 0x2000\n";
    expect(readFaultLog(text).map((fault) => [fault.name, fault.address])).toEqual([
      ["A", 0x1000],
      ["B", 0x2000],
    ]);
  });
});

describe("explaining", () => {
  it("takes an address apart", () => {
    expect(walkPlan(0x2035_6789, 0x6000_0000, 0x6da0_1c01)).toEqual({
      address: 0x2035_6789,
      lv1Index: 0x203,
      lv2Index: 0x56,
      pageOffset: 0x789,
      lv1Address: 0x6000_080c,
      lv2Address: 0x6da0_1d58,
    });
  });

  it("names the master and what was missing", () => {
    const fault = { ...none, cause: "PAGE", address: 0x1000, lv1: 0x6da0_1c01, lv2: 0 } as const;
    const text = explainFault({ ...fault, name: "11a20000.sysmmu" }, exynos4210).text.join("\n");
    expect(text).toContain("11a20000.sysmmu is the System MMU fimc0");
    expect(text).toContain("this page is not mapped");
    expect(text).toContain("after unmap");
  });

  it("reads descriptors of version 5 and later by where their table lies", () => {
    const fault = {
      ...none,
      cause: "PAGE",
      address: 0x6715_b3e0,
      lv1: 0x0420_5001,
      lv2: 0x0430_0012,
    } as const;
    const text = explainFault(fault, exynos4210).text.join("\n");
    expect(text).toContain("a table of small and large pages at 0x42050000, addresses shifted by 4");
    expect(text).toContain("level-2 descriptor at 0x4205016c");
    expect(text).toContain("a page of 4 KiB at 0x43000000");
  });

  it("sees that printed descriptors are valid", () => {
    const fault = { ...none, cause: "PAGE", address: 0x1000, lv1: 0x6da0_1c01, lv2: 0x5000_0002 } as const;
    expect(explainFault(fault, exynos4210).text.at(-1)).toContain("the fault was cached");
  });
});

describe("command", () => {
  it("takes a level-1 descriptor", async () => {
    const io = new FakeIo(".");
    expect(await run(["explain", "0x20001000", "--lv1", "0x6d9c0001", "--json"], io)).toBe(0);
    const without = new FakeIo(".");
    expect(await run(["explain", "0x20001000", "--json"], without)).toBe(0);
    expect(JSON.parse(io.out).addresses).not.toEqual(JSON.parse(without.out).addresses);
  });

  it("takes an address, words of a line, and a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sysmmu-explain-"));
    try {
      const address = new FakeIo(folder);
      expect(await run(["explain", "0x20001000", "--pt-base", "0x6d9c0000"], address)).toBe(0);
      expect(address.out).toContain("level-1 descriptor is read at 0x6d9c0800");

      const words = new FakeIo(folder);
      expect(await run("explain PAGE FAULT occurred at 0x20001000".split(" "), words)).toBe(0);
      expect(words.out).toContain("PAGE fault");

      writeFileSync(join(folder, "log.txt"), "x: PAGE FAULT occurred at 0x2000\n");
      const file = new FakeIo(folder);
      expect(await run(["explain", "log.txt", "--json"], file)).toBe(0);
      expect(JSON.parse(file.out)).toMatchObject({
        schema: "sysmmu/explain",
        faults: [{ fault: { name: "x", address: 0x2000 } }],
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.each(["--device x", "--profile v3.6", "--access once", "--dram 64M", "--lenient"])(
    "refuses %s without a trace, which nothing would look at",
    async (words) => {
      const io = new FakeIo(".");
      expect(await run(["explain", "0x20001000", ...words.split(" ")], io)).toBe(2);
      expect(io.err).toContain(`${words.split(" ")[0]} has no meaning without --trace`);
    },
  );

  it("refuses a table that no PT_BASE can name", async () => {
    for (const base of ["0x123", "0x60001000", "0x60002000"]) {
      const io = new FakeIo(".");
      expect(await run(["explain", "0x20001000", "--pt-base", base], io)).toBe(2);
      expect(io.err).toContain(
        `--pt-base must be a multiple of 16 KiB (0x4000), as level-1 tables lie, got "${base}"`,
      );
    }
    expect(await run(["explain", "0x20001000", "--pt-base", "0x60004000"], new FakeIo("."))).toBe(0);
  });

  it("refuses what is neither", async () => {
    const io = new FakeIo(".");
    expect(await run(["explain", "hello"], io)).toBe(2);
    expect(io.err).toContain("no fault message and no IO address");
    expect(await run(["explain", "0x123456789"], new FakeIo("."))).toBe(2);
  });
});

// The recorded Exynos4210 runs: every register access of the log is accepted and reads back as recorded;
// the page tables that the kernel left translate as the kernel's own map events say.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { exynos4210, Machine } from "../../src/index.js";
import { builds, moduleOf } from "../cores.js";

const camera = "examples/traces/exynos4210-camera";
const lcd = "test/fixtures/recorded/exynos4210-lcd";
const recordings = [
  [
    "camera",
    `${camera}/sysmmu-mmio.log.gz`,
    `${camera}/pagetables-cam.json.gz`,
    `${camera}/07-hold-live.trace.txt.gz`,
  ],
  ["lcd", `${lcd}/sysmmu-mmio.log.gz`, `${lcd}/pagetables-lcd.json.gz`, `${lcd}/07-hold-live.trace.txt.gz`],
] as const;

type Tables = Record<
  string,
  { lv1_base: string; zero_lv2_link: string; lv1: Record<string, string>; lv2: Record<string, string[]> }
>;

const text = (path: string) => gunzipSync(readFileSync(path)).toString("utf8");

function words(values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** Puts a domain's tables where the recorded kernel had them. */
function placeTables(machine: Machine, table: Tables[string]): void {
  const base = Number(table.lv1_base);
  const link = Number(table.zero_lv2_link);
  machine.memory.poke((link & ~1023) >>> 0, new Uint8Array(1024));
  machine.memory.poke(base, words(Array.from({ length: 4096 }, () => link)));
  for (const [iova, entry] of Object.entries(table.lv1)) {
    machine.memory.poke(base + (Number(iova) >>> 20) * 4, words([Number(entry)]));
  }
  for (const [pa, entries] of Object.entries(table.lv2)) {
    machine.memory.poke(Number(pa), words(entries.map((entry) => Number.parseInt(entry, 16))));
  }
}

/** Map lines that nothing unmaps again: [iova, pa, size]. */
function liveMaps(trace: string): [number, number, number][] {
  const live = new Map<number, [number, number, number]>();
  for (const line of trace.split("\n")) {
    const map = /: map: IOMMU: iova=(\w+) - \w+ paddr=(\w+) size=(\d+)/.exec(line);
    if (map !== null) live.set(Number(map[1]), [Number(map[1]), Number(map[2]), Number(map[3])]);
    const unmap = /: unmap: IOMMU: iova=(\w+) - (\w+)/.exec(line);
    if (unmap === null) continue;
    for (const iova of [...live.keys()]) {
      if (iova >= Number(unmap[1]) && iova < Number(unmap[2])) live.delete(iova);
    }
  }
  return [...live.values()];
}

describe.each(recordings)("the %s recording", (_name, log, tableFile, traceFile) => {
  describe.each(builds)("on the %s core", (build) => {
    const machine = Machine.create({
      soc: exynos4210,
      dram: { base: 0x4000_0000, bytes: 1 << 30 },
      core: moduleOf(build),
    });
    const byBase = new Map(exynos4210.sysmmus.map((s) => [s.base, s.name]));
    const tablesOf = new Map<string, number>();
    const nameOf = (key: string) => byBase.get(Number.parseInt(key, 16))!;

    it("accepts every register access and reads back what was recorded", () => {
      let accesses = 0;
      for (const name of machine.sysmmuNames) machine.sysmmu(name).unknownRegisters = "throw";
      for (const line of text(log).split("\n")) {
        const access = /^\d+ ([RW]) ([0-9a-f]+)\.sysmmu\(\w+\) (0x\w+) (0x\w+)$/.exec(line);
        if (access === null) {
          // The recorder also notes each frame that the display controller begins.
          expect(line).toMatch(/^$|^\d+ D fimd win\d start=/);
          continue;
        }
        const mmu = machine.sysmmu(nameOf(access[2]!));
        const offset = Number(access[3]);
        const value = Number(access[4]);
        if (access[1] === "W") {
          mmu.writeUint32(offset, value);
          if (offset === 0x14) tablesOf.set(mmu.name, value);
        } else expect([line, mmu.readUint32(offset)]).toEqual([line, value]);
        accesses++;
      }
      expect(accesses).toBeGreaterThan(5000);
    });

    it("walks the recorded tables to the recorded pages", () => {
      const tables = JSON.parse(text(tableFile)) as Tables;
      let checked = 0;
      for (const [key, table] of Object.entries(tables)) {
        const mmu = machine.sysmmu(nameOf(key));
        // The log ends with everything off again: these are the tables it had programmed last (a block
        // that was never powered was not programmed, though its domain had mappings).
        const programmed = tablesOf.get(mmu.name);
        if (programmed !== undefined) {
          expect([key, programmed]).toEqual([key, Number(table.lv1_base)]);
          checked++;
        }
        placeTables(machine, table);
        const enable: [number, number][] = [
          [0x000, 7],
          [0x004, 0x785],
          [0x014, Number(table.lv1_base)],
          [0x00c, 1],
          [0x000, 5],
        ];
        for (const [offset, value] of enable) mmu.writeUint32(offset, value);
      }
      expect(checked).toBeGreaterThan(1);
      const maps = liveMaps(text(traceFile));
      expect(maps.length).toBeGreaterThan(50);
      let pages = 0;
      for (const [iova, pa, size] of maps) {
        const iovas = Uint32Array.from({ length: size / 4096 }, (_, i) => iova + i * 4096);
        const pas = new Uint32Array(iovas.length);
        expect(machine.translateBatch(machine.device("fimd0"), iovas, pas)).toBe(iovas.length);
        expect([...pas]).toEqual([...iovas].map((_, i) => pa + i * 4096));
        pages += iovas.length;
      }
      expect(pages).toBeGreaterThan(3000);
      expect(machine.sysmmu("fimd0").statistics().faults).toBe(0);
    });

    it("takes an address nobody mapped for a page fault", () => {
      const fimd0 = machine.device("fimd0");
      expect(fimd0.read(0x8000_0000, 64)).toHaveLength(0);
      expect(fimd0.lastAccess.status).toBe("fault");
      expect(machine.sysmmu("fimd0").readUint32(0x24)).toBe(0x8000_0000);
    });
  });
});

// Random maps and unmaps against the slow model: results, translations, every word of the tables and
// the driver's counts, with the caches on and off, in memory as the walker reads it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builds } from "../cores.js";
import { type ModelKernel, PagetableModel } from "../model/pagetable.js";
import { type Bench, bench, dram32 } from "./core.js";

const BUG_MAP = -2147483648;
const BUG_UNMAP = 0xffff_ffff;
const BASE = 0x1000_0000;

interface Step {
  readonly map: boolean;
  readonly page: number;
  readonly pages: number;
  readonly paPage: number;
  readonly prot: number;
}

// Pages cluster around section and 64 KiB borders, so that big pages and conflicts are common.
const page = fc.oneof(
  fc.integer({ min: 0, max: 1023 }),
  fc.integer({ min: 0, max: 63 }).map((n) => n * 16),
  fc.integer({ min: 0, max: 3 }).map((n) => n * 256),
);
const pages = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(1, 16, 32, 256, 257, 512));
const step: fc.Arbitrary<Step> = fc.record({
  map: fc.boolean(),
  page,
  pages,
  paPage: page,
  prot: fc.integer({ min: 0, max: 3 }),
});

/** What the old driver does with a page over a section goes to that section's memory: left out. */
function meetsSection(model: PagetableModel, iova: number, size: number): boolean {
  for (let at = iova; at < iova + size; at += 0x10_0000 - (at % 0x10_0000)) {
    if (model.at(at).kind === "section") return true;
  }
  return false;
}

/**
 * The old driver's rollback behind the last slots of a table wipes memory that is not the table's, the next
 * table's first slots where they lie there: what comes to slots 240 and up is left out.
 */
function nearTableEnd(iova: number, size: number): boolean {
  const last = iova + Math.max(size, 1) - 1;
  const section = (at: number) => Math.floor(at / 0x10_0000);
  const slot = (at: number) => Math.floor(at / 0x1000) % 256;
  return slot(iova) >= 240 || slot(last) >= 240 || section(iova) !== section(last);
}

function tables({ core, iommu }: Bench, domain: number, version5: boolean) {
  const l1Pa = iommu.domainTable(domain) >>> 0;
  const zeroPa = iommu.domainEmptyTable(domain) >>> 0;
  const scale = version5 ? 16 : 1;
  const result: [number, number | null, [number, number][], number][] = [];
  for (let index = BASE >>> 20; index < (BASE >>> 20) + 8; index++) {
    const word = dram32(core, l1Pa + index * 4);
    if (word === 0 || (zeroPa !== 0 && word === zeroPa / scale + 1)) continue;
    if ((word & 3) === 2) {
      result.push([index, word, [], 0]);
      continue;
    }
    const table = (word - (word % (1024 / scale))) * scale;
    const slots: [number, number][] = [];
    for (let k = 0; k < 256; k++) {
      const value = dram32(core, table + k * 4);
      if (value !== 0) slots.push([k, value]);
    }
    result.push([index, null, slots, iommu.domainFreeEntries(domain, index)]);
  }
  return result;
}

const cases: [ModelKernel, number, boolean][] = [
  ["v3.6", 0x1000_0000, false],
  ["v3.14", 0x3020_0000, false],
  ["v4.4", 0x3060_0000, false],
  ["v4.4", 0x3060_0000, true],
  ["v6.1", 0x2000_0000, false],
  ["v6.1", 0x3060_0000, true],
  ["v6.1", 0x5000_0000, true],
];

describe.each(builds)("random page tables, %s core", (build) => {
  it.each(cases)("%s on 0x%s, caches %s", (kernel, hardware, caches) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), fc.boolean(), (steps, attached) => {
        const made = bench(build, kernel, hardware);
        const { core, iommu, device } = made;
        if (caches) core.exports["cacheInit"](4096, 4, 16384, 8, 0, 1);
        const domain = iommu.domainCreate() >>> 0;
        if (attached) expect(iommu.driverAttach(domain, device)).toBe(0);
        const model = new PagetableModel(kernel);
        for (const { map, page, pages, paPage, prot } of steps) {
          const iova = BASE + page * 4096;
          const size = pages * 4096;
          if (map) {
            if (model.old && (meetsSection(model, iova, size) || nearTableEnd(iova, size))) continue;
            const expected = model.map(iova, 0x4800_0000 + paPage * 4096, size, prot);
            const result = iommu.iommuMap(domain, iova, 0x4800_0000 + paPage * 4096, size, prot);
            expect(result).toBe(expected === "BUG" ? BUG_MAP : expected);
          } else {
            const expected = model.unmap(iova, size);
            const result = iommu.iommuUnmap(domain, iova, size) >>> 0;
            expect(result).toBe(expected === "BUG" ? BUG_UNMAP : expected);
          }
          expect(iommu.iommuIovaToPhys(domain, iova + 5) >>> 0).toBe(model.translate(iova + 5));
        }
        // Everything v4.4 and later change has reached memory; the old driver leaves cleared slots in the cache.
        if (model.old && caches) core.exports["cacheFlushAll"]();
        expect(tables(made, domain, hardware === 0x5000_0000)).toEqual(model.words(hardware === 0x5000_0000));
        iommu.domainDestroy(domain);
      }),
      { numRuns: 60 },
    );
  });
});

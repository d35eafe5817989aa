// The register window: what the published tables say is what the core does, for every word of it.
import { describe, expect, it } from "vitest";
import { exynos4412, Machine, type TlbOptions } from "../../src/index.js";
import { GENERATIONS, generationOfVersion, REGISTERS } from "../../src/sysmmu/registers.js";
import { builds, moduleOf } from "../cores.js";
import { BLOCKED, FAULT, MEMORY, Unit, VERSIONS } from "./unit.js";

const never = Number.POSITIVE_INFINITY;

describe.each(builds)("registers on the %s core", (build) => {
  describe.each(GENERATIONS)("of %s", (generation) => {
    it("answer as the table of the generation says, word by word", () => {
      const rows = new Map(REGISTERS[generation].map((row) => [row.offset, row]));
      const u = new Unit(build, generation);
      for (let offset = 0; offset < 0x1000; offset += 4) {
        u.reset();
        const row = rows.get(offset);
        const reset = u.read(offset);
        u.write(offset, 0xa5a5_a5a4);
        const after = u.read(offset);
        expect([offset, u.count("unknown")]).toEqual([offset, row === undefined ? 3 : 0]);
        if (row === undefined) {
          expect([offset, reset, after]).toEqual([offset, 0, 0]);
          continue;
        }
        if (offset === 0x34) expect(reset).toBe(VERSIONS[generation]);
        else if (row.name !== "CAPA0") expect([row.name, reset]).toEqual([row.name, row.reset]);
        const kept = row.access === "RW" || row.access === "W1S";
        expect([row.name, after]).toEqual([row.name, kept ? 0xa5a5_a5a4 : reset]);
        expect(u.peek(offset)).toBe(after);
      }
    });

    it("tell of an offset without a register once, and count every access to it", () => {
      const u = new Unit(build, generation);
      const log = u.logged(() => {
        for (const offset of [0xffc, 0xff8, 0xffc]) u.read(offset);
        u.write(0xffc, 1);
        u.write(0xff8, 1);
      });
      expect(log).toEqual([0xffc, 0xff8]);
      expect(u.count("unknown")).toBe(5);
      // a peek is no access
      expect(u.peek(0xffc)).toBe(0);
      expect(u.count("unknown")).toBe(5);
    });

    it("clear what INT_CLEAR names and keep the rest", () => {
      const u = new Unit(build, generation);
      u.core.sysmmuInject(0, u.v5 ? 0x0002_0003 : 0xc3, 1, 2, 3, 4);
      u.clear(2);
      expect(u.status).toBe(u.v5 ? 0x0002_0001 : 0xc1);
      u.clear(0);
      expect(u.status).toBe(u.v5 ? 0x0002_0001 : 0xc1);
      u.clear(0xffff_ffff);
      expect(u.status).toBe(0);
    });

    it("need bit 0 to flush", () => {
      const u = new Unit(build, generation);
      u.write(u.v5 ? 0x10 : 0x0c, 2);
      u.write(u.v5 ? 0x14 : 0x10, 0x1000);
      if (u.v5) u.write(0x18, 2);
      expect(["flushAll", "flushEntry", "flushRange"].map((name) => u.count(name))).toEqual([0, 0, 0]);
      u.flush();
      u.flushEntry(0x1000);
      if (u.v5) u.write(0x18, 1);
      expect(["flushAll", "flushEntry", "flushRange"].map((name) => u.count(name))).toEqual([
        1,
        1,
        u.v5 ? 1 : 0,
      ]);
    });
  });

  it.each([
    [0, [1, 1]],
    [1, [0, 1, 1]],
    [3, [0, 0, 0, 1]],
    [never, [0, 0, 0, 0, 0, 0, 0, 0]],
  ])("show a block after %d reads of STATUS", (polls, seen) => {
    const u = new Unit(build, "v1", { polls });
    u.link(0);
    u.map(0, MEMORY);
    u.write(0, 7);
    expect(u.peek(8)).toBe(seen[0]);
    // Until it shows, masters get through.
    expect(u.go(0)).toBe(polls === 0 ? BLOCKED : MEMORY);
    expect(seen.map(() => u.read(8))).toEqual(seen);
    if (polls !== never) expect(u.go(0)).toBe(BLOCKED);
    u.write(0, 7); // no new request
    expect(u.peek(8)).toBe(polls === never ? 0 : 1);
    u.write(0, 5);
    expect(u.peek(8)).toBe(0);
    expect(u.go(0)).toBe(MEMORY);
    u.write(0, 7);
    expect(u.peek(8)).toBe(polls === 0 ? 1 : 0);
  });

  it("hold masters with CTRL = 3 although the MMU is off, and pass them with 0", () => {
    const u = new Unit(build, "v2");
    u.write(0, 3);
    expect([u.read(8), u.go(0x1234)]).toEqual([1, BLOCKED]);
    u.write(0, 0);
    expect([u.read(8), u.go(0x1234), u.go(0xffff_fffc, true)]).toEqual([0, 0x1234, 0xffff_fffc]);
    u.write(0, 4); // what drivers that clear bit 0 alone leave
    expect(u.go(0x1234)).toBe(0x1234);
  });

  it("read back entries of the first level (3.3) and of both (5.x)", () => {
    for (const generation of ["v3.3", "v5"] as const) {
      const u = new Unit(build, generation, { l2: { sets: 2, ways: 2 } });
      const [index, vpn, ppn] = u.v5 ? [0x750, 0x754, 0x75c] : [0x40, 0x48, 0x44];
      u.link(3);
      u.map(7, MEMORY + 0x9000);
      u.go(0x30_7000);
      u.write(index, 0);
      expect([u.read(vpn), u.read(ppn)]).toEqual([0x307, MEMORY / 4096 + 9]);
      u.write(index, 1);
      expect([u.read(vpn), u.read(ppn)]).toEqual([0, 0]);
      u.write(index, 999);
      expect([u.read(vpn), u.read(ppn)]).toEqual([0, 0]);
      if (!u.v5) continue;
      u.write(0x770, 2); // set 1, way 0
      expect([u.read(0x774), u.read(0x77c)]).toEqual([0x307, MEMORY / 4096 + 9]);
      u.write(0x770, 0);
      expect([u.read(0x774), u.read(0x77c)]).toEqual([0, 0]);
    }
  });

  it("tell the sizes of the caches: CAPA0 and CAPA1 of 5.x, VERSION of 3.3", () => {
    const u = new Unit(build, "v5", { l1: { sets: 4, ways: 8 }, l2: { sets: 16, ways: 4 } });
    expect([u.peek(0x30), u.peek(0x38), u.peek(0x200)]).toEqual([32, 0x410, 0x20]);
    const machine = Machine.create({
      soc: exynos4412,
      dram: { bytes: 1 << 20 },
      sysmmuVersion: 0x3060_0005,
      tlb: { l2Sets: false, fetch: 1 },
      core: moduleOf(build),
    });
    const mmu = machine.sysmmu("fimc0");
    // Six faults are kept (3.x caches them), one too many for VERSION's five entries.
    mmu.writeUint32(0x14, 0x4000_0000);
    mmu.writeUint32(0, 5);
    for (let n = 0; n < 6; n++) {
      machine.device("fimc0").read(n * 0x10_0000, 4);
      machine.device("fimc0").abort();
      mmu.writeUint32(0x1c, 1);
    }
    expect([mmu.statistics().fills, mmu.statistics().evictions]).toEqual([6, 1]);
  });

  it("come back as at birth from a power cycle, with empty caches", () => {
    for (const generation of GENERATIONS) {
      const u = new Unit(build, generation, { l2: { sets: 2, ways: 2 }, flpd: 2, buffers: 3 });
      u.link(0);
      u.map(0, MEMORY);
      u.write(4, 0x0017_0001);
      for (const [at, value] of [
        [0x40c, 0x1101],
        [0x414, 0xffff],
        [0x74, 0xffff],
      ] as const)
        u.write(at, value);
      expect(u.go(0)).toBe(MEMORY);
      expect(u.go(0x5000)).toBe(FAULT);
      u.core.sysmmuReset(0);
      const values = REGISTERS[generation].map((row) => [row.name, u.peek(row.offset)]);
      const birth = new Unit(build, generation, { l2: { sets: 2, ways: 2 }, flpd: 2, buffers: 3 });
      birth.core.sysmmuReset(0);
      expect(values).toEqual(REGISTERS[generation].map((row) => [row.name, birth.peek(row.offset)]));
      expect([u.peek(0), u.peek(4), u.peek(8), u.status]).toEqual([0, 0, 0, 0]);
      expect(u.caches()).toEqual(birth.caches());
      expect(u.count("fills") - u.count("evictions")).toBe(u.count("invalidated"));
    }
  });
});

describe("the tables of fields", () => {
  it.each(GENERATIONS)(
    "%s: fields are told, lie apart and in 32 bits; CFG has all bits that are known",
    (generation) => {
      for (const { name, fields } of REGISTERS[generation]) {
        let seen = 0n;
        for (const { name: bits, high, low, text } of fields) {
          expect([name, bits, text === "", low >= 0 && low <= high && high <= 31]).toEqual([
            name,
            bits,
            false,
            true,
          ]);
          const mask = ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);
          expect([name, bits, seen & mask]).toEqual([name, bits, 0n]);
          seen |= mask;
        }
        if (name === "MMU_CFG") expect(seen).toBe(generation === "v5" ? 0x0110_07a5n : 0x317f_1fa5n);
      }
    },
  );

  it("leave out only registers whose bits no source gives", () => {
    const bare = (generation: (typeof GENERATIONS)[number]) =>
      REGISTERS[generation].filter(({ fields }) => fields.length === 0).map(({ name }) => name);
    expect(bare("v1")).toEqual(["INT_MASK", "TLB_READ", "TLB_DATA"]);
    for (const generation of ["v2", "v3.1", "v3.2", "v3.3"] as const)
      expect(bare(generation)).toEqual(["INT_MASK"]);
    const v5 = new Set(bare("v5").map((name) => name.replace(/_\d+$/, "")));
    expect([...v5].join(" ")).toBe(
      "AR_TRANS_INFO AW_TRANS_INFO L1TLB_CFG L1TLB_CTRL PB_LMM PB_GRP_STATE PB_INDICATE PB_CFG PB_AXI_ID PB_INFO SW_DF_VPN DF_CMD_NUM PPC L1TLB_ENTRY_ATTR L2TLB_ENTRY_ATTR SPB_READ SPB",
    );
  });

  it("name the bits of 3.2 that give buffer 0 the storage of others", () => {
    const cfg = REGISTERS["v3.2"].find(({ name }) => name === "MMU_CFG")!;
    const low = (name: string) => cfg.fields.find((f) => f.name === name)?.low;
    expect([low("PB_COMBINE_0_1"), low("PB_COMBINE_0_2")]).toEqual([21, 19]);
  });
});

it("caches that an option leaves out are not looked in", () => {
  const looked = (sysmmuVersion: number, tlb: TlbOptions) => {
    const machine = Machine.create({ soc: exynos4412, dram: { bytes: 1 << 20 }, sysmmuVersion, tlb });
    const mmu = machine.sysmmu("fimc0");
    // Two sections by turns in a first level of one entry.
    for (const index of [0, 1]) machine.memory.poke(0x4000_0000 + index * 4, Uint8Array.of(2, 0, 0, 0x40));
    mmu.writeUint32(0x14, 0x4000_0000);
    mmu.writeUint32(4, 1 << 20);
    mmu.writeUint32(0, 5);
    for (const iova of [0, 0x10_0000, 0]) machine.device("fimc0").read(iova, 4);
    const { flpdHits, flpdMisses, l1Misses, misses } = mmu.statistics();
    expect(l1Misses).toBe(3);
    return { flpd: flpdHits + flpdMisses > 0, second: misses < l1Misses };
  };
  const first = { l1Sets: 1, l1Ways: 1 };
  expect(looked(0x2020_0000, first).second).toBe(true);
  expect(looked(0x2020_0000, { ...first, l2Sets: false }).second).toBe(false);
  expect(looked(0x3040_0000, first).flpd).toBe(true);
  expect(looked(0x3040_0000, { ...first, flpdLines: false }).flpd).toBe(false);
});

it("VERSION names the nearest modelled generation", () => {
  const names = [
    0, 0x8000_0001, 0x1040_0000, 0x2000_0000, 0x2ff0_0000, 0x3000_0000, 0x3020_0000, 0x3040_0000, 0x3060_0010,
    0x4000_0000, 0x5000_0000, 0x7000_0000,
  ].map(generationOfVersion);
  expect(names).toEqual(["v1", "v1", "v1", "v2", "v2", "v3.1", "v3.1", "v3.2", "v3.3", "v3.3", "v5", "v5"]);
});

describe("offsets without a register", () => {
  const machine = () => Machine.create({ soc: exynos4412, dram: { bytes: 1 << 20 } });

  it("are told of once per offset under the policy warn", () => {
    const mmu = machine().sysmmu("fimc0");
    const told: [number, boolean][] = [];
    mmu.unknownRegisters = "warn";
    mmu.onUnknownRegister = (offset, write) => told.push([offset, write]);
    mmu.readUint32(0xffc);
    mmu.writeUint32(0xffc, 1);
    mmu.writeUint32(0xff8, 1);
    mmu.peekUint32(0xff4);
    expect(told).toEqual([
      [0xffc, false],
      [0xff8, true],
    ]);
  });

  it("throw under the policy throw, and are ignored otherwise", () => {
    const mmu = machine().sysmmu("fimc0");
    expect(mmu.readUint32(0xffc)).toBe(0);
    mmu.unknownRegisters = "throw";
    expect(() => mmu.readUint32(0xffc)).toThrow("fimc0: read of 0xffc, where version 2.1 has no register");
    expect(() => mmu.writeUint32(0xffc, 1)).toThrow("write to 0xffc");
    expect(mmu.readUint32(0x34)).toBe(0x2020_0000);
  });
});

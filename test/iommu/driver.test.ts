// The driver's moments and the register log as scripts see them.
import { describe, expect, it } from "vitest";
import { exynos4210, Machine } from "../../src/index.js";
import { builds, moduleOf } from "../cores.js";

const IOVA = 0x1000_0000;
const PA = 0x4100_0000;

describe.each(builds)("machine.driver, %s core", (build) => {
  function started() {
    const machine = Machine.create({
      soc: exynos4210,
      dram: { base: 0x4000_0000, bytes: 32 << 20 },
      core: moduleOf(build),
    });
    const mapping = machine.iommu.createMapping();
    const fimc0 = machine.device("fimc0");
    mapping.attach(fimc0);
    return { machine, mapping, fimc0, driver: machine.driver };
  }

  it("shows attach, unmap and detach access by access", () => {
    const { machine, mapping, fimc0, driver } = started();
    expect(driver.log.recording).toBe(false);
    driver.log.start();
    expect(driver.log.recording).toBe(true);
    expect(mapping.map(IOVA, PA, 4096)).toBe(0);
    expect(mapping.iovaToPhys(IOVA + 5)).toBe(PA + 5);
    expect(mapping.unmap(IOVA, 4096)).toBe(4096);
    mapping.detach(fimc0);
    mapping.attach(fimc0);
    driver.log.stop();
    expect(machine.sysmmu("fimc0").readUint32(0x34)).toBe(0x8000_0001);
    const short = driver.log.take().map((a) => [a.kind[0], a.offset, a.value]);
    expect(short).toEqual([
      ["w", 0, 7],
      ["r", 8, 1],
      ["r", 8, 1],
      ["w", 0x10, IOVA | 1],
      ["w", 0, 5],
      ["w", 0, 0],
      ["w", 4, 0],
      ["w", 0, 7],
      ["w", 4, 0x785],
      ["w", 0x14, mapping.tableBase],
      ["w", 0x0c, 1],
      ["w", 0, 5],
    ]);
    expect(driver.log.take()).toEqual([]);
  });

  it("names the System MMU, records scripts too, and counts what the ring lost", () => {
    const { machine, driver } = started();
    driver.log.start();
    machine.sysmmu("mfc_r").writeUint32(0x0c, 1);
    machine.sysmmu("mfc_r").peekUint32(0x08);
    expect(driver.log.take()).toEqual([{ sysmmu: "mfc_r", offset: 0x0c, value: 1, kind: "write" }]);
    for (let n = 0; n < 8192 + 3; n++) machine.sysmmu("mfc_l").readUint32(0x34);
    expect(driver.log.take()).toHaveLength(8192);
    expect(driver.log.lost).toBe(3);
    driver.log.start();
    expect(driver.log.lost).toBe(0);
  });

  it("takes power away and gives it back", () => {
    const { machine, mapping, driver } = started();
    driver.suspend("fimc0");
    expect(machine.sysmmu("fimc0").peekUint32(0)).toBe(0);
    driver.log.start();
    mapping.map(IOVA, PA, 4096);
    mapping.unmap(IOVA, 4096);
    expect(driver.log.take()).toEqual([]);
    driver.resume("fimc0");
    expect(driver.log.take()).toContainEqual({
      sysmmu: "fimc0",
      offset: 0x14,
      value: mapping.tableBase,
      kind: "write",
    });
    expect(() => driver.suspend("fimc7")).toThrow(/name must be one of .*fimc0.*, got "fimc7"/);
  });

  it("handles the fault interrupt where a handler answers, and stops where none does", () => {
    const { machine, mapping, fimc0, driver } = started();
    fimc0.read(IOVA, 64);
    expect(machine.sysmmu("fimc0").peekUint32(0x18)).toBe(1);
    mapping.setFaultHandler(0);
    fimc0.abort();
    expect(driver.interrupt("fimc0")).toBe("handled");
    expect(machine.sysmmu("fimc0").peekUint32(0x18)).toBe(0);
    fimc0.read(IOVA + 4096, 64);
    mapping.setFaultHandler(null);
    expect(driver.interrupt("fimc0")).toBe("bug");
    expect(machine.sysmmu("fimc0").peekUint32(0x18)).toBe(1);
    expect(() => mapping.setFaultHandler(0.5)).toThrow(RangeError);
  });

  it("refuses arguments that do not fit", () => {
    const { mapping } = started();
    expect(() => mapping.map(-1, PA, 4096)).toThrow(/iova/);
    expect(() => mapping.map(IOVA, 2 ** 32, 4096)).toThrow(/pa/);
    expect(() => mapping.map(IOVA, PA, 0)).toThrow(/size/);
    expect(() => mapping.map(IOVA, PA, 4096, "execute" as "read")).toThrow(/access/);
    expect(mapping.map(IOVA + 1, PA, 4096)).toBe(-22);
    expect(mapping.unmap(IOVA, 4096)).toBe(4096);
  });
});

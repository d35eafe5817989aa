// From a device tree to a machine, through the package's own entry.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runReplayCommand } from "../../src/cli/commands/replay.js";
import { FdtError, Machine, socFromDeviceTree } from "../../src/index.js";
import { FakeIo } from "../cli/io.js";
import { sampleReport } from "../report/sample.js";
import { board } from "./board.js";
import { writeFdt } from "./fdt-writer.js";

test("a machine of a board's device tree translates for its masters", () => {
  const soc = socFromDeviceTree(writeFdt(board()));
  const machine = Machine.create({ soc, dram: { bytes: 16 << 20 } });
  const device = machine.device("fimc0");
  machine.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 }).attach(device);
  const pa = machine.memory.alloc(4096)!;
  machine.memory.poke(pa, Uint8Array.of(1, 2, 3, 4));
  expect([...device.read(device.dma.mapSingle(pa, 4096, 1), 4)]).toEqual([1, 2, 3, 4]);
  expect(Machine.restore(machine.snapshot()).soc).toEqual(soc);
});

test("other things than device trees are refused", () => {
  expect(() => socFromDeviceTree("board.dtb" as unknown as Uint8Array)).toThrow(/^blob must be a Uint8Array/);
  expect(() => socFromDeviceTree(new Uint8Array(64))).toThrow(FdtError);
});

test("the replay command takes a board's device tree", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sysmmu-board-"));
  try {
    const blob = writeFdt(board());
    writeFileSync(join(folder, "board.dtb"), blob);
    const asked: unknown[] = [];
    const status = await runReplayCommand(
      ["-"],
      { soc: "board.dtb" },
      new FakeIo(folder),
      async (_, request) => {
        asked.push(request.soc);
        return sampleReport;
      },
    );
    expect(status).toBe(0);
    expect(asked).toEqual([socFromDeviceTree(blob)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

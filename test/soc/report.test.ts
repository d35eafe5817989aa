import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { OptionValues } from "../../src/cli/command.js";
import { soc, socReport } from "../../src/cli/commands/soc.js";
import { exynos4210 } from "../../src/soc/exynos4210.js";
import { board } from "./board.js";
import { writeFdt } from "./fdt-writer.js";

const folder = mkdtempSync(join(tmpdir(), "soc-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function run(args: string[], options: OptionValues = {}): Promise<{ text: string; status: number }> {
  let text = "";
  const status = await soc.run(args, options, {
    stdout: { write: (chunk: string) => (text += chunk) },
    stderr: process.stderr,
    cwd: folder,
  });
  return { text, status };
}

describe("sysmmu soc", () => {
  test("without a name lists what there is", async () => {
    const { text, status } = await run([]);
    expect(status).toBe(0);
    expect(text.split("\n").filter((l) => l.startsWith("exynos"))).toHaveLength(3);
    expect(JSON.parse((await run([], { json: true })).text).socs).toHaveLength(3);
  });

  test("a table as text and as JSON", async () => {
    const { text } = await run(["exynos4210"]);
    expect(text).toContain(
      "fimc0       0x11a20000  11a20000.sysmmu  4,2 -> SPI 4  CAM    smmu_fimc0 0xc920:7",
    );
    expect(text).toContain("pcie *");
    expect(JSON.parse((await run(["exynos4210"], { json: true })).text)).toEqual({
      schema: "sysmmu/soc",
      schemaVersion: 1,
      soc: JSON.parse(JSON.stringify(exynos4210)),
    });
  });

  test("a device tree; its text cannot drive the terminal", async () => {
    const tree = board();
    tree.props!["model"] = "evil\x1b[2J\x9b board";
    writeFileSync(join(folder, "board.dtb"), writeFdt(tree));
    const { text } = await run(["board.dtb"]);
    expect(text).toContain("evil?[2J");
    expect(text).toMatch(/fimc0 \(off\)/);
    for (const control of ["\x1b", "\x9b"]) expect(text).not.toContain(control);
  });

  test("what is neither is bad usage, with the reason", async () => {
    writeFileSync(join(folder, "cut.dtb"), writeFdt(board()).subarray(0, 100));
    await expect(run(["cut.dtb"])).rejects.toThrow(/cut\.dtb: device tree: .* at offset 0x4/);
    await expect(run(["exynos4"])).rejects.toThrow(/exynos4: neither one of exynos4210/);
  });

  test("a description is reported as it is", () => {
    expect(socReport(exynos4210)).toEqual(socReport("exynos4210"));
    expect(() => socReport("none")).toThrow(RangeError);
  });
});

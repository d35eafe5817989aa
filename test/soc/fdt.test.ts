import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { socFromDeviceTree } from "../../src/soc/device-tree.js";
import { FdtError, fdtPath, readFdt } from "../../src/soc/fdt.js";
import { cellOf, cellsOf, references, regionsOf, stringsOf } from "../../src/soc/fdt-values.js";
import { board } from "./board.js";
import { type Node, rawFdt, withHeader, writeFdt } from "./fdt-writer.js";

const small: Node = {
  props: { compatible: ["a,b", "c"], "#address-cells": [2], "#size-cells": [1], empty: true },
  nodes: { "x@1": { props: { reg: [0, 1, 16], phandle: [7] }, nodes: { y: {} } } },
};

/** Offset of the error that reading gives. */
function offsetOf(blob: Uint8Array): number {
  try {
    readFdt(blob);
  } catch (error) {
    if (error instanceof FdtError) return error.offset;
    throw error;
  }
  throw new Error("was read");
}

describe("reading", () => {
  test("nodes, properties and phandles", () => {
    const tree = readFdt(writeFdt(small));
    expect(tree.nodes.map(fdtPath)).toEqual(["/", "/x@1", "/x@1/y"]);
    expect(stringsOf(tree.root, "compatible")).toEqual(["a,b", "c"]);
    expect(stringsOf(tree.root, "empty")).toEqual([]);
    expect(tree.phandles.get(7)).toBe(tree.root.children[0]);
    expect(cellsOf(tree.root.children[0]!, "reg")).toEqual([0, 1, 16]);
    expect(cellOf(tree.root, "absent", 5)).toBe(5);
    expect(regionsOf(tree.root.children[0]!)).toEqual([{ base: 1, bytes: 16 }]);
  });

  test("a blob inside a larger buffer", () => {
    const blob = writeFdt(small);
    const large = new Uint8Array(blob.length + 20);
    large.set(blob, 7);
    expect(readFdt(large.subarray(7)).nodes).toHaveLength(3);
  });

  test("NOP words are skipped; version 16 has no structure size", () => {
    const words = [4, 1, 0, 4, 2, 4, 9];
    expect(readFdt(rawFdt(words, "")).nodes).toHaveLength(1);
    const old = withHeader(withHeader(rawFdt(words, ""), 5, 16), 9, 0xffff_ffff);
    expect(readFdt(old).version).toBe(16);
  });
});

describe("malformed blobs name the offset", () => {
  const blob = writeFdt(small);

  test("no bytes, no device tree", () => {
    expect(offsetOf(new Uint8Array(0))).toBe(0);
    expect(offsetOf(new Uint8Array(100))).toBe(0);
    expect(() => readFdt("text" as never)).toThrow(TypeError);
  });

  test.each([
    ["total size beyond the blob", 1, blob.length + 1, 4],
    ["structure before the header's end", 2, 8, 8],
    ["structure beyond the end", 2, 0xffff_fff0, 8],
    ["structure misaligned", 2, 57, 8],
    ["strings beyond the end", 3, 0xffff_ffff, 12],
    ["old version", 5, 15, 20],
    ["newer than this reader", 6, 18, 24],
    ["strings too long", 8, 0xffff_ffff, 32],
    ["structure too long", 9, 0xffff_ffff, 36],
  ])("%s", (_, index, value, offset) => {
    expect(offsetOf(withHeader(blob, index, value))).toBe(offset);
  });

  test.each([
    ["unknown token", [5], "", 56],
    ["end before a node", [9], "", 56],
    ["end of nothing", [2, 9], "", 56],
    ["two roots", [1, 0, 2, 1, 0, 2, 9], "", 68],
    ["tree not closed", [1, 0, 9], "", 64],
    ["words run out", [1, 0, 2], "", 68],
    ["name without end", [1, 0x61616161], "", 60],
    ["control character in a name", [1, 0x611b6100, 2, 9], "", 61],
    ["property outside", [3, 0, 0, 9], "a\0", 56],
    ["property longer than the block", [1, 0, 3, 0xffff_ffff, 0, 2, 9], "a\0", 68],
    ["property name outside the strings", [1, 0, 3, 0, 2, 2, 9], "a\0", 72],
    ["property name without end", [1, 0, 3, 0, 0, 2, 9], "a", 84],
    ["empty property name", [1, 0, 3, 0, 0, 2, 9], "\0", 84],
    ["property twice", [1, 0, 3, 0, 0, 3, 0, 0, 2, 9], "a\0", 76],
    ["property after a child", [1, 0, 1, 0, 2, 3, 0, 0, 2, 9], "a\0", 76],
  ])("%s", (_, words, strings, offset) => {
    expect(offsetOf(rawFdt(words as number[], strings as string))).toBe(offset);
  });

  test("depth is limited", () => {
    const words = Array.from({ length: 100_000 }, () => [1, 0]).flat();
    expect(offsetOf(rawFdt(words, ""))).toBe(56 + 64 * 8);
  });

  test("every truncation is an error with an offset inside the blob", () => {
    const whole = writeFdt(board());
    for (let n = 0; n < whole.length; n++) {
      expect(offsetOf(whole.subarray(0, n))).toBeLessThanOrEqual(n);
    }
  });

  test("values: no cells, no text, no such phandle, cut reference, too wide", () => {
    const read = (props: Node["props"]) => readFdt(writeFdt({ nodes: { n: { props } } } as Node));
    const node = (tree: ReturnType<typeof readFdt>) => tree.root.children[0]!;
    const odd = read({ reg: new Uint8Array(5) });
    expect(() => cellsOf(node(odd), "reg")).toThrow(FdtError);
    expect(() => cellOf(node(odd), "reg", 0)).toThrow(FdtError);
    expect(() => stringsOf(node(read({ label: new Uint8Array([65]) })), "label")).toThrow(/no text/);
    const lost = read({ iommus: [99] });
    expect(() => references(lost, node(lost), "iommus", "#iommu-cells")).toThrow(/phandle 0x63/);
    const cut = read({ phandle: [1], "#x-cells": [2], list: [1, 0] });
    expect(() => references(cut, node(cut), "list", "#x-cells")).toThrow(/middle of a reference/);
    expect(() => regionsOf(node(read({ reg: [0xffff_ffff, 0, 1] })))).toThrow(/above 2\^53/);
    expect(() => regionsOf(node(read({ reg: Array.from({ length: 9000 }, () => 0) })))).toThrow(
      /more than 1024/,
    );
  });
});

test("random damage never crashes or hangs", () => {
  const whole = writeFdt(board());
  const damage = fc.array(
    fc.record({ at: fc.nat(whole.length - 1), value: fc.integer({ min: 0, max: 255 }) }),
    { minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(damage, (changes) => {
      const blob = whole.slice();
      for (const { at, value } of changes) blob[at] = value;
      try {
        socFromDeviceTree(blob);
      } catch (error) {
        if (!(error instanceof FdtError)) throw error;
        expect(error.offset).toBeLessThanOrEqual(blob.length);
      }
    }),
    { numRuns: 3000, seed: 4210 },
  );
});

test("a large hostile tree takes no longer than its bytes", () => {
  // Many nodes under a bus with a long ranges list, all with the same names and labels.
  const nodes: Record<string, Node> = {};
  for (let i = 0; i < 3000; i++) {
    nodes[`power-domain@${i}`] = {
      props: { compatible: "samsung,exynos4210-pd", label: "same", reg: [i, 1] },
    };
  }
  const ranges = Array.from({ length: 1024 }, (_, i) => [i * 4, i * 4, 4]).flat();
  const blob = writeFdt({
    props: { compatible: "__proto__", "#address-cells": [1], "#size-cells": [1] },
    nodes: { bus: { props: { ranges, "#address-cells": [1], "#size-cells": [1] }, nodes } },
  });
  const started = performance.now();
  const soc = socFromDeviceTree(blob);
  expect(new Set(soc.powerDomains.map((p) => p.name)).size).toBe(3000);
  expect(soc.name).toBe("__proto__");
  expect(performance.now() - started).toBeLessThan(2000);
});

// The space without a machine: results as values, wrong arguments as errors that say what is wrong.
import { describe, expect, it } from "vitest";
import { IovaSpace, type IovaSpaceOptions } from "../../src/iova/iova-space.js";
import { builds } from "../cores.js";
import { iovaCore } from "./core.js";

describe.each(builds)("IovaSpace, %s", (build) => {
  const make = (options: IovaSpaceOptions) => IovaSpace.create(options, iovaCore(build).core);

  it("allocates, frees and tells its figures", () => {
    const space = make({ base: 0x2000_0000, size: 1 << 20 });
    expect(space.totalPages).toBe(256);
    expect(space.alloc(0x3000)).toBe(0x2000_0000);
    expect(space.alloc(0x2000)).toBe(0x2000_4000);
    expect([space.usedPages, space.freeRuns, space.largestFreePages]).toEqual([5, 2, 250]);
    expect(space.alloc(2 << 20)).toBeNull();
    expect(space.free(0x2000_0000, 0x3000)).toBe("freed");
    expect(space.free(0x1000_0000, 0x1000)).toBe("bug");
    expect([space.usedPages, space.peakPages, space.failures, space.bugs]).toEqual([2, 5, 1, 1]);
  });

  it("follows the profile", () => {
    const size = 3 << 20;
    const addresses = (["v3.6", "v6.1", "rfc2011"] as const).map((profile) => {
      const space = make({ base: 0, size: 64 << 20, profile });
      return [space.alloc(0x1000), space.alloc(size)];
    });
    // Natural alignment without a cap; capped at 1 MiB; none in 64 KiB granules.
    expect(addresses).toEqual([
      [0, 4 << 20],
      [0, 1 << 20],
      [0, 64 << 10],
    ]);
  });

  it("offers other allocators", () => {
    expect(make({ base: 0, size: 1 << 24, allocator: "range-tree" }).alloc(4096)).toBe((1 << 24) - 4096);
    const cached = make({ base: 0, size: 1 << 24, allocator: "range-cache" });
    const a = cached.alloc(4096)!;
    cached.free(a, 4096);
    expect(cached.alloc(4096)).toBe(a);
    expect(make({ base: 0, size: 1 << 24, allocator: "own" }).alloc(4096)).toBe(0);
  });

  it("names what is wrong", () => {
    expect(() => make({ base: -1, size: 1 })).toThrow(
      new RangeError("options.base must be in [0x0, 0xffffffff], got -0x1"),
    );
    expect(() => make({ base: 0, size: 4095 })).toThrow(/options.size is less than one granule: 0xfff/);
    expect(() => make({ base: 0, size: 2 ** 32 + 1 })).toThrow(
      /options.size must be at most 4 GiB, got 0x100000001/,
    );
    expect(() => make({ base: 0, size: 4096, order: 21 })).toThrow(/options.order must be in/);
    expect(() => make({ base: 0, size: 4096, profile: "v2.6" as "v6.1" })).toThrow(
      /options.profile .*"v2.6"/,
    );
    expect(() => make({ base: 0, size: 4096, allocator: "best" as "own" })).toThrow(
      /options.allocator .*"best"/,
    );
    const space = make({ base: 0, size: 1 << 20 });
    expect(() => space.alloc("x" as unknown as number)).toThrow(TypeError);
    expect(() => space.alloc(2 ** 32)).toThrow(/size must be in/);
    expect(() => space.free(0.5, 1)).toThrow(/address must be an integer, got 0.5/);
    space.dispose();
    space.dispose();
    expect(() => space.alloc(1)).toThrow(/disposed/);
  });
});

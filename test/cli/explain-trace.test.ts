// Who held an IO address: op streams made here, in which everything is known, and the shipped recordings.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/cli/run.js";
import { FakeIo } from "./io.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sysmmu-explain-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const HEAD = "# sysmmu op stream 1\ndevice 0 11800000.fimc\ndevice 1 11840000.jpeg-codec\n";

/** Runs the command over a trace of these lines. */
async function explain(lines: string, ...args: string[]) {
  writeFileSync(join(folder, "t.ops.txt"), `${HEAD}${lines}`);
  const io = new FakeIo(folder);
  const status = await run(["explain", ...args, "--dram", "64M", "--trace", "t.ops.txt"], io);
  return { status, out: io.out, err: io.err };
}

interface Told {
  readonly device: string | null;
  readonly notes: string[];
  readonly text: string[];
  readonly walk: string[] | null;
  readonly holdings: {
    device: string;
    times: number;
    holders: { offset: number; inside: boolean; mapping: Record<string, unknown> }[];
    below: Record<string, unknown> | null;
    above: Record<string, unknown> | null;
  }[];
}

async function told(lines: string, ...args: string[]): Promise<Told> {
  const { status, out, err } = await explain(lines, ...args, "--json");
  expect([status, err]).toEqual([0, ""]);
  const json = JSON.parse(out) as { schema: string; trace: { answers: Told[] } };
  expect(json.schema).toBe("sysmmu/explain");
  return json.trace.answers[0]!;
}

const CAPTURE =
  "label 1 capture buffer\n" +
  "prefix label=0x1\nmap dev=0 dir=2 handle=0x0 pa=0x40010000 size=0x1800\nexpect handle=0x0 address=0x20000000\n";

/** IO address 0 is special: something else lies there, and the capture buffer gets 0x2000 in the replay. */
const FIRST = "map dev=0 dir=1 handle=0x9 pa=0x40030000 size=0x1000\n";

describe("--device", () => {
  it("must be one of the trace's or the SoC's", async () => {
    const { status, err } = await explain(CAPTURE, "0x20001004", "--device", "nope");
    expect([status, err]).toEqual([
      2,
      'sysmmu: --device "nope": the trace has only 11800000.fimc (fimc0), 11840000.jpeg-codec (jpeg)\n',
    ]);
    for (const name of ["11800000.fimc", "fimc0", "11a20000.sysmmu", "fimc3"]) {
      expect((await explain(CAPTURE, "0x20001004", "--device", name)).status).toBe(0);
    }
  });
});

describe("--trace with a folder", () => {
  it("names the file in it that is no trace, and says which files are taken", async () => {
    const io = new FakeIo(folder);
    mkdirSync(join(folder, "in"));
    writeFileSync(join(folder, "in", "a.ops.txt"), `${HEAD}${CAPTURE}`);
    writeFileSync(join(folder, "in", "notes.txt"), "not looked at");
    expect(await run(["explain", "0x20001004", "--dram", "64M", "--trace", "in"], io)).toBe(0);
    writeFileSync(join(folder, "in", "x.ops"), "ops rules of another program\n");
    for (const words of [
      ["explain", "0x20001004", "--trace", "in"],
      ["replay", join(folder, "in")],
    ]) {
      const other = new FakeIo(folder);
      expect(await run([...words, "--dram", "64M"], other)).toBe(2);
      expect(other.err).toMatch(
        /in.x\.ops: not a trace: .* \(of folder \S*in all files \*\.trace, .*\*\.ops\.bin, plain or \.gz are taken\)/,
      );
    }
    const named = new FakeIo(folder);
    expect(await run(["explain", "0x20001004", "--trace", join("in", "x.ops")], named)).toBe(2);
    expect(named.err).not.toContain("folder");
  });
});

describe("holders", () => {
  it("tells a live one with its label, its direction and where in it the address is", async () => {
    const answer = await told(CAPTURE, "0x20001004");
    const { holders } = answer.holdings[0]!;
    expect(holders).toMatchObject([
      {
        offset: 0x1004,
        inside: true,
        mapping: {
          id: 1,
          device: "fimc0",
          label: "capture buffer",
          kind: "single",
          direction: "FROM_DEVICE",
          traceAddress: 0x2000_0000,
          size: 0x1800,
          death: null,
        },
      },
    ]);
    expect(answer.text.join("\n")).toContain(
      'held at the end of the trace by mapping 1 ("capture buffer", single',
    );
    expect(answer.text.join("\n")).toContain("byte 4100 of 6144");
    expect(answer.walk!.join("\n")).toContain("physical address 0x40011004");
  });

  it("tells the dead: birth, death, and that later accesses come after unmap", async () => {
    const answer = await told(`${FIRST}${CAPTURE}unmap dir=2 handle=0x0\n`, "0x20000000");
    const { mapping } = answer.holdings[0]!.holders[0]!;
    expect(mapping["death"]).toBeGreaterThan(mapping["birth"] as number);
    expect(answer.text[0]).toContain(
      "nobody holds 0x20000000 at the end of the trace; last held by mapping 2",
    );
    expect(answer.text.join("\n")).toContain(`an access after seq ${mapping["death"]} is a use after unmap`);
    expect(answer.walk!.join("\n")).toContain("PAGE FAULT");
    expect(answer.notes).toEqual([]);
  });

  it("says that the kernel leaves IO address 0 mapped", async () => {
    const answer = await told(`${CAPTURE}unmap dir=2 handle=0x0\n`, "0x20000000");
    expect(answer.notes[0]).toContain(
      "mapping 1 may have been unmapped in vain: the kernel's ops take IO address 0 for none",
    );
  });

  it("tells that the address is in a page of the buffer and not in the buffer", async () => {
    const past = await told(CAPTURE, "0x20001900");
    expect(past.holdings[0]!.holders[0]).toMatchObject({ inside: false, offset: 0x1900 });
    expect(past.text.join("\n")).toContain("256 bytes past its last byte, but in its last page");
  });

  it("names the neighbours of an address that nobody held", async () => {
    const other =
      "map dev=0 dir=1 handle=0x1 pa=0x40020000 size=0x1000\nexpect handle=0x1 address=0x20010000\n";
    const answer = await told(CAPTURE + other, "0x20002000");
    const [holding] = answer.holdings;
    expect(holding).toMatchObject({ device: "fimc0", times: 0, below: { id: 1 }, above: { id: 2 } });
    expect(answer.text.join("\n")).toContain("it ends 2048 bytes before the address");
    expect(answer.text.join("\n")).toContain("it begins 57344 bytes behind the address");
  });

  it("keeps devices apart", async () => {
    const both = `${CAPTURE}map dev=1 dir=1 handle=0x1 pa=0x40020000 size=0x1000\nexpect handle=0x1 address=0x30000000\n`;
    expect((await told(both, "0x30000000")).holdings.map((h) => h.device)).toEqual(["jpeg"]);
    const asked = await told(both, "0x30000000", "--device", "11800000.fimc");
    expect(asked.device).toBe("fimc0");
    expect(asked.holdings).toMatchObject([{ device: "fimc0", times: 0 }]);
    expect(asked.notes[0]).toContain("jpeg (11840000.jpeg-codec) held this address, 1 times");
    const absent = await told(both, "0x30000000", "--device", "g2d");
    expect(absent.notes[0]).toContain("the trace has no mapping of g2d, but of");
  });

  it("counts holders and tells the youngest", async () => {
    let lines = "";
    for (let n = 0; n < 20; n++)
      lines += `map dev=0 dir=1 handle=0x0 pa=0x40010000 size=0x1000\nexpect handle=0x0 address=0x20000000\nunmap dir=1 handle=0x0\n`;
    const answer = await told(lines, "0x20000000");
    expect(answer.holdings[0]).toMatchObject({ times: 20 });
    expect(answer.holdings[0]!.holders.map((h) => h.mapping["id"])).toEqual([13, 14, 15, 16, 17, 18, 19, 20]);
    expect(answer.text.join("\n")).toContain("held 20 times in all");
  });

  it("forgets nothing, though the machine's ring holds 16384 dead mappings", async () => {
    const pair = (address: number) =>
      `map dev=0 dir=1 handle=0x0 pa=0x40010000 size=0x1000\nexpect handle=0x0 address=0x${address.toString(16)}\nunmap dir=1 handle=0x0\n`;
    const answer = await told(pair(0x5000_0000) + pair(0x1000_0000).repeat(17_000), "0x50000000");
    expect(answer.holdings[0]).toMatchObject({ times: 1, holders: [{ mapping: { id: 1 } }] });
  });

  it("finds the address where the trace has it, though the replay has it elsewhere", async () => {
    const { out } = await explain(CAPTURE, "0x20000000");
    expect(out).toContain("(0x0 in the replay)");
    expect(out).toContain("the replay put 1 of 1 mappings elsewhere than the trace");
    const unmoved = CAPTURE.replace("0x20000000", "0x0");
    expect((await explain(unmoved, "0x0")).out).not.toContain("elsewhere");
  });

  it("looks for the replay's own address where the trace tells none", async () => {
    const answer = await told("map dev=0 dir=2 handle=0x0 pa=0x40010000 size=0x1000\n", "0x800");
    expect(answer.holdings).toMatchObject([{ times: 1, holders: [{ offset: 0x800 }] }]);
  });

  it("takes no failed map for a holder", async () => {
    const lines =
      "map dev=0 dir=1 handle=0x0 pa=0x40010000 size=0x0\nexpect handle=0x0 address=0x20000000\n" +
      "map dev=0 dir=1 handle=0x1 pa=0x40010000 size=0x1000\nexpect handle=0x1 address=0x20001000\n";
    const answer = await told(lines, "0x20001000");
    expect(answer.holdings[0]!.holders.at(-1)!.mapping).toMatchObject({
      traceAddress: 0x2000_1000,
      size: 0x1000,
    });
  });
});

describe("from a log", () => {
  const LINE = "exynos-sysmmu 11a20000.sysmmu: 11800000.fimc: [READ] PAGE FAULT occurred at 0x20000010";

  it("looks for the master's mapping and says when the direction forbids the access", async () => {
    const { out } = await explain(CAPTURE, LINE);
    expect(out).toContain("PAGE fault on a read");
    expect(out).toContain("a read of the device does not fit FROM_DEVICE");
    const fits = await explain(CAPTURE, LINE.replace("READ", "WRITE"));
    expect(fits.out).toContain("it is mapped and allows the access: the access came before seq 1");
  });

  it("knows the master behind a System MMU", async () => {
    const answer = await told(
      CAPTURE,
      "PAGE FAULT occurred at 0x20000000 by 11a20000.sysmmu(Page table base: 0x6d990000)",
    );
    expect(answer.device).toBe("fimc0");
  });

  it("tells findings of the replay's own accesses", async () => {
    const read = "dev-read dev=0 handle=0xffffffff offset=0x2000 length=0x40\n";
    const { out } = await explain(`${FIRST}${CAPTURE}unmap dir=2 handle=0x0\n${read}`, "0x20000000");
    expect(out).toContain("in the replay: fimc0: PAGE");
    expect(out).toContain("used after unmap");
  });
});

describe("command", () => {
  it("reads a log from standard input", () => {
    const input = "PAGE FAULT occurred at 0x1000 by 11a20000.sysmmu(Page table base: 0x6d990000)\n";
    const out = execFileSync(process.execPath, ["dist/cli/main.js", "explain", "-"], {
      input,
      encoding: "utf8",
    });
    expect(out).toContain("11a20000.sysmmu is the System MMU fimc0");
  });

  const camera = join(process.cwd(), "examples/traces/exynos4210-camera");

  it("replays several traces as one recording, also those a shell leaves among the arguments", async () => {
    const files = ["03-v4l2-video6", "07-hold-live"].map((name) => `${camera}/${name}.trace.txt.gz`);
    const io = new FakeIo(folder);
    expect(await run(["explain", "0x1000", "--trace", files[0]!, files[1]!], io)).toBe(0);
    const again = new FakeIo(folder);
    expect(await run(["explain", "0x1000", "--trace", files[0]!, "--trace", files[1]!], again)).toBe(0);
    expect(again.out).toBe(io.out);
    expect(io.out).toContain(
      "2 traces: 36 mappings of jpeg (11840000.jpeg-codec), fimd0 (11c00000.fimd), 12 alive at the end",
    );
    expect(io.out).toContain(
      "jpeg: nobody holds 0x1000 at the end of the trace; last held by mapping 24 (coherent",
    );
  });

  it("says what cannot be used, in one line, with status 2", async () => {
    const bad = async (...args: string[]) => {
      const io = new FakeIo(folder);
      expect(await run(["explain", ...args], io)).toBe(2);
      expect(io.out).toBe("");
      expect(io.err.trimEnd()).not.toContain("\n");
      return io.err;
    };
    writeFileSync(join(folder, "not.trace.txt"), "hello\nworld\n");
    expect(await bad("0x1000", "--trace", "nowhere.trace.txt")).toContain("nowhere.trace.txt");
    expect(await bad("0x1000", "--trace", "not.trace.txt")).toContain("not a trace");
    expect(await bad("--trace", "not.trace.txt")).toContain("needs an IO address");
    expect(await bad("0x1000", "--trace")).toContain("--trace needs a value");
    expect(await bad("-", "--trace", "-")).toContain("standard input");
    expect(await bad("0x1000", "--trace", "not.trace.txt", "--profile", "v2")).toContain(
      "--profile must be one of",
    );
    expect(await bad("0x1000", "--trace", "not.trace.txt", "--dram", "1M")).toContain(
      "--dram must be 32M to 2G",
    );
    expect(await bad("0x1000", "--trace", "not.trace.txt", "--access", "twice")).toContain("--access");
    const line = "DMA-API: cacheline tracking EEXIST, overlapping mappings aren't supported";
    expect(await bad(line, "--trace", "not.trace.txt")).toContain("no message has an IO address");
  });
});

// Converting: text and binary are the same records, files appear whole, bad traces leave nothing.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/cli/run.js";
import { FakeIo } from "./io.js";

const TRACE = "examples/traces/exynos4210-camera/07-hold-live.trace.txt.gz";
const trace = join(process.cwd(), TRACE);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sysmmu-convert-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function sysmmu(...args: string[]): Promise<FakeIo & { status: number }> {
  const io = new FakeIo(folder);
  const status = await run(args, io);
  return Object.assign(io, { status });
}

describe("convert", () => {
  it("writes text that begins with its version and names its devices", async () => {
    const { status, out } = await sysmmu("convert", trace);
    expect(status).toBe(0);
    expect(out).toMatch(/^# sysmmu op stream 1\ndevice 0 \S+\n/);
    expect(out).toMatch(/^map(-| )|^alloc /m);
  });

  it("gives the same text by way of the binary form, plain and gzip'd", async () => {
    const { out: text } = await sysmmu("convert", trace);
    for (const name of ["a.ops", "a.ops.gz"]) {
      expect((await sysmmu("convert", trace, "--to", "binary", "--out", name)).status).toBe(0);
      const bytes = readFileSync(join(folder, name));
      const plain = name.endsWith(".gz") ? gunzipSync(bytes) : bytes;
      expect(plain.subarray(0, 8).toString()).toBe("SYSMMUOP");
      expect((await sysmmu("convert", join(folder, name))).out).toBe(text);
    }
    expect(readdirSync(folder).sort()).toEqual(["a.ops", "a.ops.gz"]);
  });

  it("puts accesses in where asked", async () => {
    expect((await sysmmu("convert", trace)).out).not.toMatch(/^dev-(read|write)/m);
    expect((await sysmmu("convert", trace, "--access", "once")).out).toMatch(/^dev-(read|write)/m);
  });

  it("sums up as JSON", async () => {
    const { out } = await sysmmu("convert", trace, "--out", "a.ops", "--json");
    expect(JSON.parse(out)).toMatchObject({
      schema: "sysmmu/convert",
      schemaVersion: 1,
      form: "text",
      out: "a.ops",
    });
    expect((await sysmmu("convert", trace, "--json")).status).toBe(2);
  });

  it.each([
    ["cut.gz", readFileSync(TRACE).subarray(0, 200), /cut\.gz: truncated gzip/],
    ["empty.txt", Buffer.alloc(0), /empty\.txt: empty file/],
    ["prose.txt", Buffer.from("no trace\nat all\n"), /prose\.txt: not a trace/],
  ])("refuses %s and leaves nothing behind", async (name, content, message) => {
    writeFileSync(join(folder, name), content);
    const { status, out, err } = await sysmmu("convert", join(folder, name), "--out", "out.ops");
    expect([status, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([name]);
  });
});

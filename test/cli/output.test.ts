// What --out may do to what is there already.
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/cli/run.js";
import { FakeIo } from "./io.js";

const OPS = "# sysmmu op stream 1\ndevice 0 fimc0\nmap dev=0 dir=1 handle=0x0 pa=0x40001000 size=0x1000\n";
let folder: string;
const at = (name: string): string => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sysmmu-out-"));
  writeFileSync(at("in.ops"), OPS);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function sysmmu(...args: string[]) {
  const io = new FakeIo(folder);
  const status = await run(args, io);
  return { status, out: io.out, err: io.err };
}

// One command that writes at once, one that copies a spool.
const WRITERS: [string, string[]][] = [
  ["soc", ["soc"]],
  ["convert", ["convert", "IN"]],
];

describe.each(WRITERS)("%s --out", (_name, words) => {
  const args = (out: string) => [...words.map((word) => (word === "IN" ? at("in.ops") : word)), "--out", out];

  it("keeps the mode of a file", async () => {
    writeFileSync(at("out"), "old", { mode: 0o600 });
    expect((await sysmmu(...args("out"))).status).toBe(0);
    expect(statSync(at("out")).mode & 0o777).toBe(0o600);
    expect(readFileSync(at("out"), "utf8")).not.toBe("old");
  });

  it("leaves a read-only file alone", async () => {
    writeFileSync(at("out"), "old");
    chmodSync(at("out"), 0o400);
    const { status, err } = await sysmmu(...args("out"));
    expect(status).toBe(2);
    expect(err).toMatch(/--out out: is there already and cannot be written/);
    expect(readFileSync(at("out"), "utf8")).toBe("old");
  });

  it("writes the file behind a symbolic link, there already or not", async () => {
    mkdirSync(at("deep"));
    writeFileSync(at("deep/old"), "old");
    symlinkSync("deep/old", at("a"));
    symlinkSync("deep/new", at("b"));
    for (const [link, target] of [
      ["a", "deep/old"],
      ["b", "deep/new"],
    ] as const) {
      expect((await sysmmu(...args(link))).status).toBe(0);
      expect(readlinkSync(at(link))).toBe(target);
      expect(readFileSync(at(target), "utf8").length).toBeGreaterThan(10);
    }
    expect(readdirSync(at("deep")).sort()).toEqual(["new", "old"]);
  });

  it("writes all names of a file with several", async () => {
    writeFileSync(at("out"), "old");
    linkSync(at("out"), at("other"));
    expect((await sysmmu(...args("out"))).status).toBe(0);
    expect(readFileSync(at("other"), "utf8")).not.toBe("old");
    expect(statSync(at("out")).nlink).toBe(2);
  });

  it("writes into a FIFO", async () => {
    expect(spawnSync("mkfifo", [at("pipe")]).status).toBe(0);
    const cat = spawn("cat", [at("pipe")]);
    let read = "";
    cat.stdout.on("data", (chunk: Buffer) => {
      read += chunk.toString();
    });
    const ended = new Promise((done) => cat.on("close", done));
    expect((await sysmmu(...args("pipe"))).status).toBe(0);
    await ended;
    expect(read).toBe((await sysmmu(...args("-"))).out);
    expect(lstatSync(at("pipe")).isFIFO()).toBe(true);
  });

  it("is stdout for -", async () => {
    expect((await sysmmu(...args("-"))).out.length).toBeGreaterThan(10);
    expect(readdirSync(folder)).toEqual(["in.ops"]);
  });
});

describe("an output that is the input", () => {
  it.each([
    ["the file", "in.ops"],
    ["a link to it", "link"],
    ["a hard link", "hard"],
  ])("is refused: %s", async (_name, out) => {
    symlinkSync("in.ops", at("link"));
    linkSync(at("in.ops"), at("hard"));
    const { status, err } = await sysmmu("convert", at("in.ops"), "--to", "binary", "--out", out);
    expect(status).toBe(2);
    expect(err).toMatch(/--out \w+(\.ops)?: is the input .*in\.ops itself/);
    expect(readFileSync(at("in.ops"), "utf8")).toBe(OPS);
  });

  it("is refused in a folder of inputs", async () => {
    const { status, err } = await sysmmu("replay", folder, "--out", "in.ops");
    expect(status).toBe(2);
    expect(err).toMatch(/--out in\.ops: is a file of the input folder/);
  });

  it("is refused for the traces of explain", async () => {
    const { status } = await sysmmu("explain", "0x1000", "--trace", at("in.ops"), "--out", "in.ops");
    expect(status).toBe(2);
    expect(readFileSync(at("in.ops"), "utf8")).toBe(OPS);
  });
});

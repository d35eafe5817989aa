// C of our own with the same algorithm, compiled where a compiler exists. Each program is a small
// server: it reads its input once, then answers "r" with the seconds of one cycle and the share of
// them that it was running, and "c" with the hash of one cycle's results (or `name=hash` for
// several), a line each. It times itself, so pipes cost nothing.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Checks, TimedContender } from "./harness.js";

const sources = fileURLToPath(new URL("native/", import.meta.url));
let scratch: string | undefined;
let compiler: string | null | undefined;

/** Name of a C compiler that answers, or null. */
export function nativeCompiler(): string | null {
  if (compiler === undefined) {
    const names = [process.env["CC"], "cc", "gcc", "clang"].filter((name) => name !== undefined);
    compiler = names.find((name) => spawnSync(name, ["--version"]).status === 0) ?? null;
  }
  return compiler;
}

function folder(): string {
  if (scratch === undefined) {
    const made = mkdtempSync(join(tmpdir(), "sysmmu-bench-"));
    mkdirSync(made, { recursive: true });
    process.on("exit", () => rmSync(made, { recursive: true, force: true }));
    scratch = made;
  }
  return scratch;
}

/** Writes words to a file for a native program. */
export function nativeInput(name: string, words: Uint32Array): string {
  const path = join(folder(), name);
  writeFileSync(path, new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
  return path;
}

const built = new Map<string, string>();

function build(source: string): string {
  let program = built.get(source);
  if (program === undefined) {
    program = join(folder(), source);
    const flags = [
      "-O3",
      "-march=native",
      "-std=gnu11",
      "-Wall",
      "-o",
      program,
      join(sources, `${source}.c`),
    ];
    const { status, stderr } = spawnSync(nativeCompiler()!, flags, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${source}.c does not compile: ${stderr}`);
    built.set(source, program);
  }
  return program;
}

class Server {
  readonly #child: ChildProcess;
  readonly #waiting: ((line: string) => void)[] = [];
  #text = "";
  #exit: number | null = null;

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
      this.#text += chunk;
      for (let end = this.#text.indexOf("\n"); end >= 0; end = this.#text.indexOf("\n")) {
        this.#waiting.shift()?.(this.#text.slice(0, end));
        this.#text = this.#text.slice(end + 1);
      }
    });
    this.#child.on("exit", (code) => {
      this.#exit = code ?? -1;
      for (const answer of this.#waiting.splice(0)) answer("");
    });
  }

  async ask(command: string): Promise<string> {
    if (this.#exit === null) {
      const line = await new Promise<string>((resolve) => {
        this.#waiting.push(resolve);
        this.#child.stdin!.write(`${command}\n`);
      });
      if (line !== "") return line;
    }
    throw new Error(`native program ended (${this.#exit})`);
  }

  close(): void {
    this.#child.stdin!.end();
  }
}

/** "123", or "addresses=123 counters=456". */
function checksOf(line: string, as: string): Checks {
  if (!line.includes("=")) return { [as]: Number(line) };
  return Object.fromEntries(
    line.split(" ").map((part) => {
      const [name, hash] = part.split("=");
      return [name!, Number(hash)];
    }),
  );
}

/** A native contender, and the end of its process. */
export type Native = TimedContender & { close(): void };

/**
 * Starts `source`.c with `args`; undefined without a compiler. A single hash of its results is
 * compared under the name `compared`; null compares nothing.
 */
export function nativeContender(
  name: string,
  source: string,
  args: readonly string[],
  compared: string | null = "results",
): Native | undefined {
  if (nativeCompiler() === null) return undefined;
  const server = new Server(build(source), args);
  return {
    name,
    cycle: async () => {
      const [seconds, share] = (await server.ask("r")).split(" ").map(Number);
      return { seconds: seconds!, share: share! };
    },
    ...(compared === null ? {} : { check: async () => checksOf(await server.ask("c"), compared) }),
    close: () => server.close(),
  };
}

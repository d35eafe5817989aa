// Vector files: found in folders, read plain or gzip'd, recognised by what is on their lines.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import type { VectorFile, VectorKind, VectorRecord } from "../conformance/types.js";
import { type Io, UsageError } from "./io.js";

const NAME = /\.jsonl(\.gz)?$/;
const MAPSG_FIELDS = ["coherent", "base", "size", "highmem_start"];

/** Values of `k`, which lines of cache maintenance have and no others. */
const MAINTENANCE_KINDS: readonly unknown[] = ["l1line", "l2line", "prim", "sg", "alloc"];

type Fields = Readonly<Record<string, unknown>>;

function has(value: Fields, ...names: readonly string[]): boolean {
  return names.every((name) => name in value);
}

/** What one line is a sign of; undefined for lines that occur in several kinds. */
function signOf(value: Fields): VectorKind | undefined {
  if (MAINTENANCE_KINDS.includes(value["k"])) return "cachemaint";
  switch (value["t"]) {
    case "crc":
      return "e2e";
    case "env":
      return "dmadebug";
    case "create":
      return "iova";
    case "seq":
      if (has(value, "hw_version_reg")) return "pagetable";
      if (has(value, "granule")) return "iovarb";
      return has(value, "bits", "ops") ? "iova" : undefined;
    case "scn":
      if (has(value, ...MAPSG_FIELDS)) return "mapsg";
      return has(value, "name", "all_errors") ? "dmadebug" : undefined;
    default:
      return undefined;
  }
}

/** The kind of a file from its lines; undefined when none is a sign of any. */
export function vectorKind(records: readonly VectorRecord[]): VectorKind | undefined {
  for (const { value } of records) {
    const kind = signOf(value);
    if (kind !== undefined) return kind;
  }
  return undefined;
}

/** Refuses a file that no line tells the kind of, and a line of no kind there is. Throws UsageError with its place. */
export function checkKinds(
  name: string,
  kind: VectorKind | undefined,
  records: readonly VectorRecord[],
): void {
  if (kind !== undefined && kind !== "cachemaint") return;
  for (const { line, value } of records) {
    const { k } = value;
    if (k !== undefined && !MAINTENANCE_KINDS.includes(k)) {
      throw new UsageError(
        `${name}:${line}: unknown kind ${JSON.stringify(k)?.slice(0, 60)}; one of ${MAINTENANCE_KINDS.join(", ")}`,
      );
    }
  }
}

/** Files named on the command line; a folder stands for the vector files directly in it. */
export function listVectorFiles(args: readonly string[], io: Io): string[] {
  const files: string[] = [];
  for (const arg of args) {
    if (arg === "-") {
      files.push(arg);
      continue;
    }
    const path = resolve(io.cwd, arg);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) throw new UsageError(`${arg}: no such file or folder`);
    if (!stat.isDirectory()) {
      files.push(arg);
      continue;
    }
    const inside = readdirSync(path)
      .filter((name) => NAME.test(name))
      .sort();
    if (inside.length === 0) throw new UsageError(`${arg}: no *.jsonl or *.jsonl.gz in this folder`);
    files.push(...inside.map((name) => join(arg, name)));
  }
  return files;
}

/** The lines of a vector file. Throws UsageError for what is no gzip, no JSON, no object, or empty. */
export function readVectorRecords(name: string, io: Io): VectorRecord[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(name === "-" ? 0 : resolve(io.cwd, name));
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes);
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message}`);
  }
  const records: VectorRecord[] = [];
  const lines = new TextDecoder().decode(bytes).split("\n");
  for (let i = 0; i < lines.length; i++) {
    const text = lines[i]!.trim();
    if (text === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new UsageError(`${name}:${i + 1}: not JSON: ${text.slice(0, 60)}`);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new UsageError(`${name}:${i + 1}: not a JSON object: ${text.slice(0, 60)}`);
    }
    records.push({ line: i + 1, value: value as Fields });
  }
  if (records.length === 0) throw new UsageError(`${name}: empty`);
  return records;
}

/** Scenario files beside the end-to-end files of a run that were not named themselves. */
export function neighbours(files: readonly VectorFile[], io: Io): VectorFile[] {
  if (!files.some((file) => file.kind === "e2e") || files.some((file) => file.kind === "mapsg")) return [];
  const folders = new Set(files.filter((file) => file.kind === "e2e").map((file) => dirname(file.name)));
  return [...folders].flatMap((folder) =>
    readdirSync(resolve(io.cwd, folder))
      .filter((name) => NAME.test(name) && basename(name).startsWith("mapsg"))
      .map((name): VectorFile => {
        const path = join(folder, name);
        return { name: path, kind: "mapsg", records: readVectorRecords(path, io) };
      }),
  );
}

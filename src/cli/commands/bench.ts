// `sysmmu bench`: the benchmark belongs to the source tree; this says how to run it, or runs it there.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, EXIT_DONE, EXIT_FINDINGS, EXIT_USAGE, type OptionValues } from "../command.js";
import { UsageError } from "../io.js";
import { packageRoot } from "../package-root.js";

function benchArguments(options: OptionValues): string[] {
  const args: string[] = [];
  for (const name of ["quick", "json"]) if (options[name] === true) args.push(`--${name}`);
  for (const name of ["only", "out"]) {
    const value = options[name];
    if (typeof value === "string") args.push(`--${name}`, value);
  }
  return args;
}

/** Runs bench/index.ts of a source tree, as `npm run bench` does; elsewhere exit status 2 and how to get one. */
export const bench: Command = {
  usage: "bench",
  summary: "Measure the core against plain TypeScript and native C (source tree only)",
  options: [
    { flags: "--quick", text: "Short runs: shows that it works, figures are rough" },
    { flags: "--only <suite>", text: "Suites whose name contains this: iova, map, translate ..." },
  ],
  examples: ["sysmmu bench --quick", "sysmmu bench --only replay --json --out bench.json"],
  async run(_args, options, io) {
    const tsx = join(packageRoot, "node_modules", "tsx", "dist", "cli.mjs");
    const script = join(packageRoot, "bench", "index.ts");
    if (!existsSync(script) || !existsSync(tsx)) {
      throw new UsageError("the benchmark is in the source tree only: clone it, npm ci, npm run bench");
    }
    const { status } = spawnSync(process.execPath, [tsx, script, ...benchArguments(options)], {
      stdio: "inherit",
      cwd: io.cwd,
    });
    // 1: contenders gave different results.
    if (status === 0) return EXIT_DONE;
    return status === 1 ? EXIT_FINDINGS : EXIT_USAGE;
  },
};

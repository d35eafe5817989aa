// Compiles the AssemblyScript core: debug (asserts, names), release and simd.
//   node scripts/build-core.mjs [--entry assembly/index.ts] [--out build] [--target debug,release]
// A target's options come from asconfig.json; --entry builds one floor alone while it is worked on.
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import asc from "assemblyscript/asc";

const { values } = parseArgs({
  options: {
    entry: { type: "string", default: "assembly/index.ts" },
    out: { type: "string", default: "build" },
    target: { type: "string", default: "debug,release" },
  },
});
mkdirSync(values.out, { recursive: true });
for (const target of values.target.split(",")) {
  const { error, stderr, stdout } = await asc.main([
    values.entry,
    "--config",
    "asconfig.json",
    "--target",
    target,
    "--outFile",
    `${values.out}/${target}.wasm`,
    "--textFile",
    `${values.out}/${target}.wat`,
  ]);
  process.stdout.write(stdout.toString());
  process.stderr.write(stderr.toString());
  if (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

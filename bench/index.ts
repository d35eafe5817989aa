// npm run bench -- [--quick] [--json] [--only suite] [--out file]
//
// Measures the core as batches and call by call against plain TypeScript and native C that do the
// same work; checks that all give the same results before timing. Exit status 1 when they do not, 2
// for a wrong option. What is measured and how: README.md.

import { existsSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { benchCore } from "./core.js";
import { DisagreementError, type Effort, measure, type PointResult } from "./harness.js";
import { nativeCompiler } from "./native.js";
import { type BenchRun, benchJson, machineLine, suiteLines, targetLines } from "./report.js";
import type { NotRun, QuantityResult, Suite } from "./suite.js";
import { suites } from "./suites/index.js";

const EFFORT: Effort = { rounds: 9, atLeast: 3, seconds: 10, warm: 0.08, tries: 3 };
const QUICK_EFFORT: Effort = { rounds: 3, atLeast: 1, seconds: 3, warm: 0.05, tries: 2 };

interface Options {
  readonly quick: boolean;
  readonly json: boolean;
  readonly only: string;
  readonly out: string | undefined;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      out: { type: "string" },
    },
  });
  return { quick: values.quick, json: values.json, only: values.only, out: values.out };
}

/** Progress for people, on stderr; results go to stdout. */
function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function runSuite(suite: Suite, quick: boolean): Promise<PointResult[]> {
  const results: PointResult[] = [];
  for await (const point of suite.points(quick)) {
    try {
      results.push(await measure(suite.name, point, quick ? QUICK_EFFORT : EFFORT));
      tell(`  ${suite.name}: ${point.name}`);
    } finally {
      await point.close?.();
    }
  }
  return results;
}

async function quantitiesOf(suite: Suite, quick: boolean): Promise<QuantityResult[]> {
  const found: QuantityResult[] = [];
  for await (const quantity of suite.quantities?.(quick) ?? []) {
    found.push({ suite: suite.name, ...quantity });
    tell(`  ${suite.name}: ${quantity.point}, ${quantity.name}`);
  }
  return found;
}

async function main(): Promise<number> {
  const { quick, json, only, out } = options();
  const chosen = suites.filter((suite) => suite.name.includes(only));
  if (chosen.length === 0) {
    tell(`no suite is called ${only}: ${suites.map((suite) => suite.name).join(", ")}`);
    return 2;
  }
  if (out !== undefined && !existsSync(dirname(out))) {
    tell(`--out: there is no folder ${dirname(out)}`);
    return 2;
  }
  if (nativeCompiler() === null) tell("no C compiler: native rivals are left out");
  const results: PointResult[] = [];
  const quantities: QuantityResult[] = [];
  const notRun: NotRun[] = [];
  const text: string[] = [];
  const exports = benchCore(1 << 20).exports;
  for (const suite of chosen) {
    const missing = suite.needs.filter((name) => !(name in exports));
    if (missing.length > 0) {
      notRun.push({ suite: suite.name, reason: `the core exports no ${missing.join(", ")}` });
      continue;
    }
    const obstacle = suite.obstacle?.() ?? null;
    if (obstacle !== null) {
      notRun.push({ suite: suite.name, reason: obstacle });
      continue;
    }
    const measured = await runSuite(suite, quick);
    const counted = await quantitiesOf(suite, quick);
    results.push(...measured);
    quantities.push(...counted);
    text.push(...suiteLines(suite, measured, counted), "");
  }
  const run: BenchRun = { quick, results, quantities, notRun };
  for (const { suite, reason } of notRun) text.push(`${suite}: not run, ${reason}`);
  text.push(...targetLines(run), "", machineLine(run));
  const output = json ? JSON.stringify(benchJson(run), null, 2) : text.join("\n");
  if (out === undefined) process.stdout.write(`${output}\n`);
  else writeFileSync(out, `${output}\n`);
  return 0;
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const usage = (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true;
    if (usage) tell((error as Error).message);
    else if (error instanceof DisagreementError) tell(`contenders disagree: ${error.message}`);
    else tell(String((error as Error).stack));
    process.exitCode = usage ? 2 : 1;
  },
);

// node node.mjs FOLDER: runs the generated modules in FOLDER and compares with what generated_modules
// wrote of its own runs: results, traps, globals, the memory at the end.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const view = new DataView(new ArrayBuffer(8));

function parse(text) {
  const [type, value] = text.split(":");
  if (type === "i32") return Number(value);
  if (type === "i64") return BigInt(value);
  if (value === "nan") return NaN;
  if (type === "f32") {
    view.setUint32(0, parseInt(value, 16));
    return view.getFloat32(0);
  }
  view.setBigUint64(0, BigInt("0x" + value));
  return view.getFloat64(0);
}

// JavaScript does not say which kind of number a result is: the expected one does.
function show(value, expected) {
  const type = expected.split(":")[0];
  if (type === "i32" || type === "i64") return `${type}:${value}`;
  if (Number.isNaN(value)) return `${type}:nan`;
  if (type === "f32") {
    view.setFloat32(0, value);
    return "f32:" + view.getUint32(0).toString(16).padStart(8, "0");
  }
  view.setFloat64(0, value);
  return "f64:" + view.getBigUint64(0).toString(16).padStart(16, "0");
}

function call(exports, { name, arguments: given, outcome }) {
  exports.refuel();
  let results;
  try {
    results = exports[name](...given.map(parse));
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return "trap";
    throw error;
  }
  if (results === undefined) return "";
  const list = Array.isArray(results) ? results : [results];
  const expected = outcome === "trap" ? [] : outcome.split(" ");
  return list.map((value, i) => show(value, expected[i] ?? "?:")).join(" ");
}

function check(folder, seed) {
  const expected = JSON.parse(readFileSync(join(folder, seed + ".json"), "utf8"));
  const binary = readFileSync(join(folder, seed + ".wasm"));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
  for (const [i, one] of expected.calls.entries()) {
    const outcome = call(exports, one);
    if (outcome !== one.outcome) {
      return `call ${i}, ${one.name}(${one.arguments}): ${outcome} here, expected ${one.outcome}`;
    }
  }
  for (const [i, value] of expected.globals.entries()) {
    const here = show(exports["g" + i].value, value);
    if (here !== value) return `global ${i}: ${here} here, expected ${value}`;
  }
  const memory = new Uint8Array(exports.m.buffer);
  if (memory.length !== expected.pages * 65536) return `${memory.length} bytes of memory`;
  const digest = createHash("sha256").update(memory).digest("hex");
  return digest === expected.memory ? "" : "the memories differ";
}

const folder = process.argv[2];
let failed = 0;
const seeds = readdirSync(folder).filter((name) => name.endsWith(".json"));
for (const name of seeds) {
  const wrong = check(folder, name.slice(0, -5));
  if (wrong) {
    failed++;
    console.log(`${name.slice(0, -5)}: ${wrong}`);
  }
}
console.log(`${seeds.length} modules run by node ${process.version}, ${failed} differ`);
process.exit(failed || !seeds.length ? 1 : 0);

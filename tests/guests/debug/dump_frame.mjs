// Stops a guest in node, at an instruction, and writes down what its frame holds: the input of the
// tests of variables, from an engine that isn't ours.
//
//   node --experimental-websocket dump_frame.mjs GUEST ARGUMENT OFFSET [SKIP] >NAME.frame
//
// GUEST is the name of a module here, which exports run(i32); OFFSET is of the instruction, from the
// start of the module; SKIP is how often to pass it before. The result has one fact a line:
// "local 3 7f" (its bits, hexadecimal), "memory 66560 00ff…" (of what isn't zero).

import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const [guest, argument, offset, skip = '0'] = process.argv.slice(2);

/// In the process that is debugged.
async function run() {
  const module = new WebAssembly.Module(readFileSync(new URL(`${guest}.wasm`, import.meta.url)));
  const imports = {};
  for (const {module: from, name} of WebAssembly.Module.imports(module))
    (imports[from] ??= {})[name] = () => 0;
  const instance = new WebAssembly.Instance(module, imports);
  debugger;
  instance.exports.run(Number(argument));
}

/// What the stopped frame is asked: V8 offers locals, stack, globals and memories there.
const question = `(() => {
  const bits = ({type, value}) => {
    const view = new DataView(new ArrayBuffer(8));
    if (type === 'i32') view.setInt32(0, value, true);
    else if (type === 'i64') view.setBigInt64(0, BigInt(value), true);
    else if (type === 'f32') view.setFloat32(0, value, true);
    else view.setFloat64(0, value, true);
    return view.getBigUint64(0, true).toString(16);
  };
  const lines = [];
  const list = (kind, of) => {
    for (let i = 0; i < 1000 && of[i] !== undefined; ++i) lines.push(kind + ' ' + i + ' ' + bits(of[i]));
  };
  list('local', locals);
  list('operand', stack);
  for (let i = 0; i < 1000 && globals[i] !== undefined; ++i)
    lines.push('global ' + i + ' ' + bits({type: typeof globals[i].value === 'bigint' ? 'i64' : 'i32',
                                           value: globals[i].value}));
  const bytes = new Uint8Array(memories[0].buffer);
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    if (row.some(b => b)) lines.push('memory ' + at + ' ' +
                                     Array.from(row, b => b.toString(16).padStart(2, '0')).join(''));
  }
  return lines.join('\\n');
})()`;

async function debug() {
  const child = spawn(process.execPath, ['--inspect-brk=127.0.0.1:0', fileURLToPath(import.meta.url),
                                         guest, argument, offset], {
    env: {...process.env, DUMP_FRAME: 'run'}, stdio: ['ignore', 'ignore', 'pipe']});
  const url = await new Promise(resolve => {
    let text = '';
    child.stderr.on('data', data => {
      text += data;
      const found = text.match(/ws:\/\/\S+/);
      if (found) resolve(found[0]);
    });
  });
  const socket = new WebSocket(url);
  await new Promise(resolve => socket.addEventListener('open', resolve));
  const waiting = new Map();
  let number = 0;
  const post = (method, params = {}) => new Promise(resolve => {
    waiting.set(++number, resolve);
    socket.send(JSON.stringify({id: number, method, params}));
  });
  let script;
  let passes = Number(skip);
  const paused = async params => {
    const frame = params.callFrames[0];
    if (frame.location.scriptId !== script) {
      if (script) await post('Debugger.setBreakpoint', {
        location: {scriptId: script, lineNumber: 0, columnNumber: Number(offset)}});
      return post('Debugger.resume');
    }
    if (passes-- > 0) return post('Debugger.resume');
    const answer = await post('Debugger.evaluateOnCallFrame', {
      callFrameId: frame.callFrameId, expression: question, returnByValue: true});
    const text = answer.result?.result?.value;
    if (!text) throw new Error(JSON.stringify(answer));
    console.log(`offset ${frame.location.columnNumber}\n${text}`);
    child.kill();
    process.exit(0);
  };
  socket.addEventListener('message', ({data}) => {
    const message = JSON.parse(data);
    if (message.id) waiting.get(message.id)(message);
    if (message.method === 'Debugger.scriptParsed' &&
        message.params.scriptLanguage === 'WebAssembly') script = message.params.scriptId;
    if (message.method === 'Debugger.paused') paused(message.params);
  });
  await post('Runtime.enable');
  await post('Debugger.enable');
  await post('Runtime.runIfWaitingForDebugger');
  child.on('exit', () => { console.error('it never stopped there'); process.exit(1); });
}

process.env.DUMP_FRAME === 'run' ? run() : debug();

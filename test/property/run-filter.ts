import type { FilterProgram } from '../../src/host/ffi/libpcap.ts';

/** linux/bpf_common.h, linux/filter.h: the classes, sizes, modes and operations of a classic BPF instruction. */
const CLASS = { ld: 0, ldx: 1, st: 2, stx: 3, alu: 4, jmp: 5, ret: 6, misc: 7 } as const;
const SIZE_BYTES: Readonly<Record<number, number>> = { 0: 4, 8: 2, 16: 1 };
const MODE = { imm: 0x00, abs: 0x20, ind: 0x40, mem: 0x60, len: 0x80, msh: 0xa0 } as const;

type Machine = { accumulator: number; index: number; readonly memory: number[] };

/** How many bytes of the packet the program passes: 0 is none of it. As the kernel runs it, loads beyond the end end it. */
export function runFilter({ bytes, instructions }: FilterProgram, packet: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const machine: Machine = { accumulator: 0, index: 0, memory: new Array<number>(16).fill(0) };
  for (let at = 0; at < instructions; at++) {
    const code = view.getUint16(at * 8, true);
    const operand = view.getUint32(at * 8 + 4, true);
    const kind = code & 7;
    if (kind === CLASS.ret) return (code & 0x18) === 0x10 ? machine.accumulator : operand;
    if (kind === CLASS.jmp) {
      if ((code & 0xf0) === 0) at += operand;
      else at += view.getUint8(at * 8 + (isMet(code, operand, machine) ? 2 : 3));
    } else if (!execute(kind, code, operand, machine, packet)) return 0;
  }
  throw new Error('the program runs over its end');
}

function isMet(code: number, operand: number, { accumulator, index }: Machine): boolean {
  const other = (code & 8) === 0 ? operand : index;
  switch (code & 0xf0) {
    case 0x10:
      return accumulator === other;
    case 0x20:
      return accumulator > other;
    case 0x30:
      return accumulator >= other;
    case 0x40:
      return (accumulator & other) !== 0;
    default:
      throw new Error(`jump ${code.toString(16)} is not known`);
  }
}

/** Returns whether the program goes on. */
function execute(kind: number, code: number, operand: number, machine: Machine, packet: Uint8Array): boolean {
  if (kind === CLASS.ld || kind === CLASS.ldx) {
    const value = load(code, operand, machine, packet);
    if (value === undefined) return false;
    if (kind === CLASS.ld) machine.accumulator = value;
    else machine.index = value;
  } else if (kind === CLASS.st) machine.memory[operand] = machine.accumulator;
  else if (kind === CLASS.stx) machine.memory[operand] = machine.index;
  else if (kind === CLASS.alu) machine.accumulator = calculate(code, operand, machine);
  else if ((code & 0xf8) === 0) machine.index = machine.accumulator;
  else machine.accumulator = machine.index;
  return true;
}

function load(code: number, operand: number, machine: Machine, packet: Uint8Array): number | undefined {
  const size = SIZE_BYTES[code & 0x18] ?? 0;
  switch (code & 0xe0) {
    case MODE.imm:
      return operand;
    case MODE.mem:
      return machine.memory[operand];
    case MODE.len:
      return packet.length;
    case MODE.msh:
      return operand < packet.length ? 4 * ((packet[operand] ?? 0) & 15) : undefined;
    case MODE.abs:
      return read(packet, operand, size);
    case MODE.ind:
      return read(packet, (operand + machine.index) >>> 0, size);
    default:
      throw new Error(`load ${code.toString(16)} is not known`);
  }
}

function read(packet: Uint8Array, at: number, size: number): number | undefined {
  if (at + size > packet.length) return undefined;
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (packet[at + i] ?? 0);
  return value;
}

function calculate(code: number, operand: number, { accumulator, index }: Machine): number {
  const other = (code & 8) === 0 ? operand : index;
  switch (code & 0xf0) {
    case 0x00:
      return (accumulator + other) >>> 0;
    case 0x10:
      return (accumulator - other) >>> 0;
    case 0x20:
      return Math.imul(accumulator, other) >>> 0;
    case 0x40:
      return (accumulator | other) >>> 0;
    case 0x50:
      return (accumulator & other) >>> 0;
    case 0x60:
      return (accumulator << other) >>> 0;
    case 0x70:
      return accumulator >>> other;
    case 0x90:
      return accumulator % other;
    case 0xa0:
      return (accumulator ^ other) >>> 0;
    default:
      throw new Error(`operation ${code.toString(16)} is not known`);
  }
}

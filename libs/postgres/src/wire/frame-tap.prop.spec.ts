import fc from 'fast-check';
import { FrameTap, type CopySink } from './frame-tap.js';

function frame(type: string, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5 + body.length);
  bytes.write(type, 0, 'latin1');
  bytes.writeUInt32BE(4 + body.length, 1);
  bytes.set(body, 5);
  return bytes;
}

class Collector implements CopySink {
  readonly frames: Uint8Array[] = [];
  #open: Uint8Array | null = null;

  reserve(length: number): Uint8Array {
    this.#open = new Uint8Array(length);
    return this.#open;
  }

  commit(): void {
    if (this.#open) this.frames.push(this.#open);
    this.#open = null;
  }
}

/** Bytes as a socket may give them: cut anywhere, and gone after the call. */
function feed(tap: FrameTap, bytes: Buffer, cuts: readonly number[]): void {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  edges.slice(1).forEach((end, index) => {
    const chunk = Buffer.from(bytes.subarray(edges[index], end));
    tap.push(chunk);
    chunk.fill(0xff);
  });
}

const body = fc.uint8Array({ maxLength: 40 });
/** What Postgres may send between the rows of a COPY: rows, notices, parameter changes, notifications. */
const duringCopy = fc.record({ type: fc.constantFrom('d', 'd', 'd', 'N', 'S', 'A'), body });
const copy = fc.record({
  before: fc.array(fc.record({ type: fc.constantFrom('T', 'D', 'Z', 'd'), body }), { maxLength: 4 }),
  begin: fc.constantFrom('H', 'W'),
  during: fc.array(duringCopy, { maxLength: 12 }),
  end: fc.constantFrom('c', 'E'),
  after: fc.array(fc.record({ type: fc.constantFrom('C', 'Z', 'd'), body }), { maxLength: 3 }),
});

describe('FrameTap', () => {
  it('gives CopyData to the sink and everything else to the driver, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(copy, { maxLength: 3 }), fc.array(fc.nat(4000), { maxLength: 30 }), (copies, cuts) => {
        const all: Buffer[] = [];
        const diverted: Uint8Array[] = [];
        const kept: Buffer[] = [];
        for (const { before, begin, during, end, after } of copies) {
          const pass = (type: string, bytes: Uint8Array) => {
            all.push(frame(type, bytes));
            kept.push(frame(type, bytes));
          };
          for (const { type, body } of before) pass(type, body);
          pass(begin, new Uint8Array(3));
          for (const { type, body } of during) {
            if (type !== 'd') pass(type, body);
            else {
              all.push(frame('d', body));
              diverted.push(body);
            }
          }
          pass(end, new Uint8Array(0));
          for (const { type, body } of after) pass(type, body);
        }

        const forwarded: Buffer[] = [];
        const sink = new Collector();
        const tap = new FrameTap((bytes) => forwarded.push(Buffer.from(bytes)));
        tap.divertTo(sink);
        feed(tap, Buffer.concat(all), cuts);

        expect(Buffer.concat(forwarded)).toEqual(Buffer.concat(kept));
        expect(sink.frames.map((bytes) => [...bytes])).toEqual(diverted.map((bytes) => [...bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves CopyData to the driver while nobody wants it', () => {
    const bytes = Buffer.concat([
      frame('H', new Uint8Array(3)),
      frame('d', Uint8Array.of(1)),
      frame('c', new Uint8Array(0)),
    ]);
    const forwarded: Buffer[] = [];
    new FrameTap((part) => forwarded.push(part)).push(bytes);
    expect(Buffer.concat(forwarded)).toEqual(bytes);
  });

  it('refuses a frame of impossible length', () => {
    const tap = new FrameTap(() => undefined);
    expect(() => tap.push(Buffer.from([0x44, 0, 0, 0, 3]))).toThrow('impossible length');
  });
});

import { startWal2jsonServer, wal2jsonIsSkipped, type TestServer } from '@millrace/testing-postgres';
import type { DecoderName } from '../output-plugin.js';
import { captureWorld, type CaptureWorld, type WorldOptions } from './capture-world.js';

export type OpenWorld = (options?: WorldOptions) => Promise<CaptureWorld>;

/** Declares the same tests for each decoder; `open` makes a world whose captures use it, on a server that has it [C2]. */
export function describeEachDecoder(declare: (decoder: DecoderName, open: OpenWorld) => void): void {
  describe('decoder pgoutput', () => declare('pgoutput', captureWorld));
  describeWal2json('decoder wal2json', (open) => declare('wal2json', open));
}

/** Declares tests that need wal2json. */
export function describeWal2json(title: string, declare: (open: OpenWorld) => void): void {
  const describeOrSkip = wal2jsonIsSkipped() ? describe.skip : describe;
  describeOrSkip(title, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startWal2jsonServer();
    });
    afterAll(() => server[Symbol.asyncDispose]());
    declare((options = {}) => captureWorld({ serverUrl: server.url, decoder: 'wal2json', ...options }));
  });
}

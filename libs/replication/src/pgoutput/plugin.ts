import { LIMITS } from '@millrace/sync-protocol';
import type { OutputPlugin, OutputPluginOptions } from '../output-plugin.js';
import { createPgoutputDecoder } from './decoder.js';

/** Rows are as long as their text, whatever is in it. */
const MESSAGE_BYTES = LIMITS.rowChars * 2 + 1024 * 1024;

export function pgoutputPlugin(options: OutputPluginOptions): OutputPlugin {
  return {
    options: {
      proto_version: '1',
      publication_names: `"${options.publication.replaceAll('"', '""')}"`,
      // Requests for fills come by them. Those of other programs come too, and are dropped.
      messages: 'true',
    },
    output: 'binary',
    messageBytes: MESSAGE_BYTES,
    newDecoder: () => createPgoutputDecoder({ ...options, schema: options.inForce.schema }),
  };
}

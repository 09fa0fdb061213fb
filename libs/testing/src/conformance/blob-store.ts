import type { BlobStore } from '@millrace/kernel';
import { blobStoreCases } from './blob-store-cases.js';
import { declareCases } from './declare-cases.js';

/** Declares the tests that every blob store passes. */
export function describeBlobStore(name: string, open: () => Promise<BlobStore>): void {
  declareCases(`${name}: BlobStore`, blobStoreCases, open);
}

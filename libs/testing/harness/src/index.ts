export { cachedBundle } from './bundle-cache.js';
export type { WorkerSource } from './bundle-cache.js';
export { chromiumIsSkipped, openChromium } from './open-chromium.js';
export type { OpenChromium, OpenChromiumOptions } from './open-chromium.js';
export { startStack } from './start-stack.js';
export type { Stack, StartStackOptions } from './start-stack.js';
export { acquireDatabase } from '@millrace/testing-postgres';
export type { AcquireOptions, TestDatabase } from '@millrace/testing-postgres';

export {
  Distribution,
  type DistributionEffect,
  type DistributionEvent,
  type DistributionOptions,
  type Registration,
} from './distribution/index.js';

export { createCapture } from './capture.js';
export {
  type Capture,
  type CaptureOptions,
  type EpochEvent,
  type EpochListener,
  type PersistedListener,
} from './capture-options.js';
export { type CaptureState, type CaptureStatus } from './health.js';
export { type ConfirmedState, type ConfirmedStore } from './confirmed-store.js';
export { type TableWriting } from './slot/rewrites.js';
export { type EpochCause } from './slot/continuity.js';
export { createPgoutputDecoder } from './pgoutput/decoder.js';
export { type DecodedTransaction, type Decoder, type DecoderOptions } from './decoder.js';
export {
  initialSleepState,
  nextAlarmAt,
  sleepStep,
  type Sleep,
  type SleepBounds,
  type SleepEffect,
  type SleepEvent,
  type SleepPhase,
  type SleepState,
} from './sleep/sleep.js';

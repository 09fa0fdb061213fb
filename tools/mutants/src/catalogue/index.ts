import type { Mutant } from '../mutant.js';
import { CAPTURE_MUTANTS } from './capture.js';
import { CLIENT_MUTANTS } from './client.js';
import { DELIVERY_MUTANTS } from './delivery.js';
import { HYDRATION_MUTANTS } from './hydration.js';
import { SLEEP_MUTANTS } from './sleep.js';

/** Every mistake that the tests are known to catch, along the way of a change: from the WAL to the browser. */
export const CATALOGUE: readonly Mutant[] = [
  ...CAPTURE_MUTANTS,
  ...DELIVERY_MUTANTS,
  ...CLIENT_MUTANTS,
  ...HYDRATION_MUTANTS,
  ...SLEEP_MUTANTS,
];

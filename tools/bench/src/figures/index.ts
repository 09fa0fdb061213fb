import type { Bench } from '../core/bench.js';
import { latencyBench } from './p2-latency.js';
export const BENCHES: readonly Bench[] = [latencyBench];
export const ON_REQUEST: readonly Bench[] = [];

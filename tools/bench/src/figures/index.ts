import type { Bench } from '../core/bench.js';
import { hydrateBench } from './p1-hydrate.js';
import { latencyBench } from './p2-latency.js';
import { backlogBench } from './p3-backlog.js';
import { fanOutBench } from './p4-fan-out.js';
import { writesBench } from './p5-writes.js';
import { reopenBench } from './p6-reopen.js';
import { idleBench } from './p7-idle.js';
import { stagesBench } from './stages.js';
import { zeroBench } from './zero.js';

/** In the order in which they run. */
export const BENCHES: readonly Bench[] = [
  hydrateBench,
  latencyBench,
  backlogBench,
  fanOutBench,
  writesBench,
  reopenBench,
  idleBench,
  stagesBench,
];

/** Only when they are named: they install or compare what is not ours. */
export const ON_REQUEST: readonly Bench[] = [zeroBench];

import { SyncError, type Clock } from '@millrace/kernel';
import type { SeededRandom } from '@millrace/testing';
import type { FaultLog } from '../fault-log.js';

/** How bad the network is just now: probabilities and ms. */
export interface Weather {
  readonly loss: number;
  readonly duplicate: number;
  /** Longest ordinary delay. */
  readonly delayMs: number;
  /** Chance of a delay ten times as long. */
  readonly slow: number;
}

export const FAIR: Weather = { loss: 0, duplicate: 0, delayMs: 4, slow: 0 };

/** Delays, loses and repeats what passes between processes. Requests overtake each other; only channels and sockets keep order. */
export class Network {
  weather: Weather = FAIR;

  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly faults: FaultLog;

  constructor(clock: Clock, random: SeededRandom, faults: FaultLog) {
    this.clock = clock;
    this.random = random;
    this.faults = faults;
  }

  delay(): number {
    const { delayMs, slow } = this.weather;
    return this.random.int(delayMs + 1) * (this.random.chance(slow) ? 10 : 1);
  }

  /** A request and its answer. Lost on the way there or back, it rejects with `network`: the caller cannot know which. */
  async call<T>(work: () => T | Promise<T>): Promise<T> {
    await this.clock.sleep(this.delay());
    if (this.lost('request')) throw lost();
    if (this.random.chance(this.weather.duplicate)) {
      this.faults.note('request-duplicated');
      this.clock.after(
        this.delay(),
        () =>
          void Promise.resolve()
            .then(work)
            .catch(() => undefined),
      );
    }
    const result = await work();
    await this.clock.sleep(this.delay());
    if (this.lost('answer')) throw lost();
    return result;
  }

  private lost(what: string): boolean {
    if (!this.random.chance(this.weather.loss)) return false;
    this.faults.note(`${what}-lost`);
    return true;
  }
}

function lost(): SyncError {
  return new SyncError('network', 'lost on the way');
}

/** Calls that arrive in the order in which they were made, as calls on one Durable Object stub do. */
export class Channel {
  private last = 0;

  private readonly network: Network;

  constructor(network: Network) {
    this.network = network;
  }

  async call<T>(work: () => T): Promise<T> {
    const { clock, random, weather, faults } = this.network;
    this.last = Math.max(this.last, clock.now() + this.network.delay());
    await clock.sleep(this.last - clock.now());
    if (random.chance(weather.loss)) {
      faults.note('rpc-lost');
      throw lost();
    }
    return work();
  }
}
